"""What a browser may do with our pages: the headers Django does not set by itself."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.urls import reverse


class ContentPolicyMiddleware(CSPMiddleware):
    """The strict content policy everywhere, except in Wagtail's admin, which cannot work under it."""

    def get_policy_parts(self, request, response, report_only=False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if parts.config is None and not report_only and request.path.startswith(reverse("wagtailadmin_home")):
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


class PermissionsPolicyMiddleware:
    """Say that no page of ours needs a camera, a microphone, a position or the like."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class PrivatePagesMiddleware:
    """Say that a page drawn for somebody who is signed in is theirs alone: no cache on the way may keep it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        # Asking for the user would make every page depend on the cookie, so only pages that asked are looked at.
        if request.session.accessed and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private")
        return response
