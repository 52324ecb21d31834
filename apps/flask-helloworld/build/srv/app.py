"""Says hello."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
@app.route("/index")
def index() -> str:
    """The whole site."""
    return "Hello, World!"
