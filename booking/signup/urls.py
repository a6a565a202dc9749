from django.urls import path

from booking.signup import pair_views, switch_views, views, waiting_views, withdraw_views

urlpatterns = [
    path("tilmelding/<id:session_id>/", views.sign_up, name="sign_up"),
    path("tilmelding/<id:session_id>/pris/", views.quote, name="quote"),
    path("tilmelding/<id:session_id>/interesse/", views.interest, name="interest"),
    path("tilmelding/kvittering/<reference:reference>/", views.receipt, name="receipt"),
    path("tilmelding/kvittering/<reference:reference>/plads/<id:booking_id>/", views.pass_on, name="pass_on"),
    path(
        "tilmelding/kvittering/<reference:reference>/plads/<id:booking_id>/deltagerliste/",
        views.listing,
        name="listing",
    ),
    path(
        "tilmelding/kvittering/<reference:reference>/plads/<id:booking_id>/skift/",
        switch_views.switch_run,
        name="switch",
    ),
    path(
        "tilmelding/kvittering/<reference:reference>/plads/<id:booking_id>/framelding/",
        withdraw_views.give_up,
        name="withdraw",
    ),
    path("par/<str:key>/", pair_views.pair, name="pair"),
    path("venteliste/<str:key>/", waiting_views.place, name="place_in_line"),
]
