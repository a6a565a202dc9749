from django.urls import path

from booking.calendars import views

urlpatterns = [
    path("kalender/", views.calendar, name="calendar"),
    path("kalender/abonner/", views.subscribe, name="subscribe"),
    path("kalender/<feed:key>.ics", views.feed, name="feed"),
    path("kalender/afholdelse/<uuid:uid>.ics", views.session_ics, name="session_ics"),
    path("kalender/afholdelse/<uuid:uid>/", views.event, name="event"),
]
