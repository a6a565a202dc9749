"""The addresses of signing in, under the names that allauth looks for. Its other pages are not mounted."""

from django.urls import path

from booking.people import factor_views, views

urlpatterns = [
    path("log-ind/", views.address, name="account_login"),
    path("kode/", views.code, name="account_confirm_login_code"),
    path("udbyder/", views.go_to_provider, name="identity_provider"),
    path("udbyder/tilbage/", views.come_from_provider, name="identity_provider_callback"),
    path("log-ud/", views.sign_out, name="account_logout"),
    path("log-ud/overalt/", views.sign_out_of_everything, name="account_logout_everywhere"),
    path("totrin/", factor_views.overview, name="mfa_index"),
    path("totrin/vis/", factor_views.ask, name="mfa_authenticate"),
    path("totrin/vis-igen/", factor_views.ask_again, name="mfa_reauthenticate"),
    path("totrin/vis-igen/noegle/", factor_views.ask_passkey_again, name="mfa_reauthenticate_webauthn"),
    path("totrin/app/", factor_views.set_up_app, name="mfa_activate_totp"),
    path("totrin/app/fjern/", factor_views.remove_app, name="mfa_deactivate_totp"),
    path("totrin/noegle/", factor_views.set_up_passkey, name="mfa_add_webauthn"),
    path("totrin/noegle/<id:pk>/fjern/", factor_views.remove_passkey, name="mfa_remove_webauthn"),
    path("totrin/koder/", factor_views.recovery_codes, name="mfa_view_recovery_codes"),
    path("totrin/koder/nye/", factor_views.new_recovery_codes, name="mfa_generate_recovery_codes"),
]
