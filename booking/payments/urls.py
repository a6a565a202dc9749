from django.urls import path

from booking.payments import views

urlpatterns = [
    path("betaling/stripe/webhook/", views.webhook, name="stripe_webhook"),
    path("betaling/<reference:reference>/", views.pay, name="pay"),
    path("betaling/<reference:reference>/status/", views.payment, name="payment"),
    path("betaling/<reference:reference>/frigiv/", views.release, name="release"),
]
