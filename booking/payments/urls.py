from django.urls import path

from booking.payments import views

urlpatterns = [
    path("betaling/stripe/webhook/", views.webhook, name="stripe_webhook"),
    path("betaling/<str:reference>/", views.pay, name="pay"),
    path("betaling/<str:reference>/status/", views.payment, name="payment"),
    path("betaling/<str:reference>/frigiv/", views.release, name="release"),
]
