from django.urls import path

from booking.mypage import calendar_views, views

urlpatterns = [
    path("min-side/", views.my_page, name="my_page"),
    path("min-side/fakturaer/", views.invoices, name="my_invoices"),
    path("min-side/telefon/", views.phone, name="phone"),
    path("min-side/sekretaerer/", views.secretaries, name="secretaries"),
    path("min-side/sekretaerer/<id:pk>/afslut/", views.secretary_end, name="secretary_end"),
    path("min-side/kalender/", calendar_views.my_calendars, name="my_calendars"),
    path("min-side/alt-om-mig.zip", views.everything, name="everything"),
    path("min-side/slet/", views.deletion, name="deletion"),
]
