"""What the public sees. Everything comes from the environment; a missing name stops the start."""

import os

from .base import *

SECRET_KEY = os.environ["SECRET_KEY"]
