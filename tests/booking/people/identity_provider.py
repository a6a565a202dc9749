"""A real identity provider on this machine, that can be told what to answer."""

import threading
from contextlib import contextmanager

import flask
import oidc_provider_mock
import requests
from werkzeug.serving import make_server


class Provider:
    """What runs, and what it was asked for."""

    def __init__(self):
        app = oidc_provider_mock.app(require_nonce=True)
        app.before_request(self.notice)
        self.server = make_server("localhost", 0, app, threaded=True)
        self.issuer = f"http://localhost:{self.server.server_port}"
        self.token_requests = []
        self.broken = {}  # path: what is answered there instead

    def notice(self):
        if flask.request.path == "/oauth2/token":
            self.token_requests.append(flask.request.form.to_dict())
        return self.broken.get(flask.request.path)

    def knows(self, subject, **claims):
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=30).raise_for_status()

    def sign_in(self, address, subject="anna", **form):
        """What the browser does there: says who it is, and is sent back."""
        answer = requests.post(address, data={"sub": subject, **form}, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"].removeprefix("http://testserver")


@contextmanager
def running():
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        thread.join()
        provider.server.server_close()


def settings_for(provider: Provider) -> dict[str, str]:
    return {
        "issuer": provider.issuer,
        "client_id": "borgmestre",
        "client_secret": "only for this test",
        "name": "Solby Kommune",
    }
