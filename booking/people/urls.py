"""The addresses of signing in, under the names that allauth looks for. Its other pages are not mounted."""

from django.urls import path

from booking.people import views

urlpatterns = [
    path("log-ind/", views.address, name="account_login"),
    path("kode/", views.code, name="account_confirm_login_code"),
    path("log-ud/", views.sign_out, name="account_logout"),
    path("log-ud/overalt/", views.sign_out_of_everything, name="account_logout_everywhere"),
]
