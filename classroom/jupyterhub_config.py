"""A JupyterHub for a class: MNIST once for all, and for each student what the chapters need, measured.

The Littlest JupyterHub reads it from /opt/tljh/config/jupyterhub_config.d/; a hub of another kind, by
load_subconfig("/folder/of/the/book/classroom/jupyterhub_config.py") in its own configuration.
"""

c = get_config()  # noqa: F821

c.Spawner.default_url = "/lab"
c.Spawner.environment = {
    "NNLIB_MNIST": "/srv/nnlib",  # the four files, which every student must be able to read
    "OPENBLAS_NUM_THREADS": "1",  # a thread a student: more of them wait for one another where thirty compute
}

# Enforced by spawners that can: the Littlest JupyterHub's, and those of containers. With chapter 24 one needs 1.1 GB.
c.Spawner.mem_limit = "2G"
c.Spawner.cpu_limit = 1.0
