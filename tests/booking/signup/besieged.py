"""The site as gunicorn serves it to the besiegers: ``gunicorn tests.booking.signup.besieged``, on the test's database.

Mail goes to files in the directory that RACE_MAIL names, as it would go to a mail server.
"""

import os

from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["RACE_DATABASE"]
settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
settings.EMAIL_FILE_PATH = os.environ["RACE_MAIL"]

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
