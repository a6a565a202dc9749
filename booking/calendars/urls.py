from django.urls import path

from booking.calendars import personal_views, views

urlpatterns = [
    path("kalender/", views.calendar, name="calendar"),
    path("kalender/abonner/", views.subscribe, name="subscribe"),
    path("kalender/min/<key:key>.ics", personal_views.personal_feed, name="personal_feed"),
    path("kalender/<feed:key>.ics", views.feed, name="feed"),
    path("kalender/afholdelse/<uuid:uid>.ics", views.session_ics, name="session_ics"),
    path("kalender/afholdelse/<uuid:uid>/", views.event, name="event"),
]
