"""``python -m tests.stripe_double COMMAND ...``: run a command with a Stripe beside it that takes no money."""

import os
import subprocess
import sys

from tests.stripe_double.server import Double

site = f"http://localhost:{os.environ.get('PORT', '8000')}"
double = Double(port=int(os.environ.get("STRIPE_PORT", "8001")), webhook_url=f"{site}/betaling/stripe/webhook/")
double.start()
environment = os.environ | {
    "STRIPE_SECRET_KEY": "sk_test_double",
    "STRIPE_WEBHOOK_SECRET": double.secret,
    "STRIPE_API_BASE": double.url,
}
with subprocess.Popen(sys.argv[1:], env=environment) as command:
    try:
        sys.exit(command.wait())
    except KeyboardInterrupt:
        sys.exit(command.wait())
    finally:
        double.stop()
