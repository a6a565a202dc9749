"""``python -m tests.stripe_double COMMAND ...``: run a command with a Stripe beside it that takes no money.

What it knows lies in ``VAR_DIR``, beside the site's database, so that both remember the same payments.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.stripe_double.server import Double

site = f"http://localhost:{os.environ.get('PORT', '8000')}"
port = int(os.environ.get("STRIPE_PORT", "8001"))
memory = Path(os.environ.get("VAR_DIR", "var")) / "stripe.json"
try:
    double = Double(port=port, webhook_url=f"{site}/betaling/stripe/webhook/", memory=memory)
except OSError as error:
    sys.exit(f"No Stripe on port {port}: {error.strerror}. Another port: make run-with-cards STRIPE_PORT=8002")
double.start()
environment = os.environ | {
    "STRIPE_SECRET_KEY": double.key,
    "STRIPE_WEBHOOK_SECRET": double.secret,
    "STRIPE_API_BASE": double.url,
}
with subprocess.Popen(sys.argv[1:], env=environment) as command:
    signal.signal(signal.SIGTERM, lambda *_args: command.terminate())
    try:
        sys.exit(command.wait())
    except KeyboardInterrupt:
        sys.exit(command.wait())
    finally:
        double.stop()
