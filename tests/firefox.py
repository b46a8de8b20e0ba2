"""Just enough of Firefox for a test: open an address, evaluate an expression. Playwright wants a Firefox of its own."""

import json
import re
import subprocess

from websocket import create_connection  # of PyPI's websocket-client, which Jupyter's server needs

LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class Firefox:
    """A Firefox without a window, spoken to in WebDriver BiDi, https://w3c.github.io/webdriver-bidi."""

    def __init__(self, program, profile, patience):
        command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        address = next(found[1] for line in self.process.stderr if (found := LISTENING.search(line)))
        self.socket, self.count = create_connection(f"{address}/session", timeout=patience, suppress_origin=True), 0
        self.ask("session.new", capabilities={})
        self.context = self.ask("browsingContext.create", type="tab")["context"]

    def ask(self, method, **params):
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        answer = {}
        while answer.get("id") != self.count:  # events come in between
            answer = json.loads(self.socket.recv())
        if answer["type"] == "error":
            raise RuntimeError(answer["message"])
        return answer["result"]

    def goto(self, url):
        self.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def evaluate(self, expression):
        """The expression's value, which JSON can write."""
        script = f"Promise.resolve({expression}).then(JSON.stringify)"
        target = {"context": self.context}
        answer = self.ask("script.evaluate", expression=script, target=target, awaitPromise=True)
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.stderr.close()
        self.process.wait()
