from django.urls import path

from booking.invoicing import views

urlpatterns = [
    path("tilmelding/kvittering/<reference:reference>/faktura/", views.correct_details, name="invoice_details"),
    path("faktura/<id:invoice_id>.pdf", views.own_pdf, name="own_invoice"),
]
