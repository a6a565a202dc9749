from django.urls import path

from booking.signup import pair_views, pass_on_views, receipt_views, switch_views, views, waiting_views, withdraw_views

urlpatterns = [
    path("tilmelding/<id:session_id>/", views.sign_up, name="sign_up"),
    path("tilmelding/<id:session_id>/pris/", views.quote, name="quote"),
    path("tilmelding/<id:session_id>/interesse/", views.interest, name="interest"),
    path("tilmelding/kvittering/<reference:reference>/", receipt_views.receipt, name="receipt"),
    path("tilmelding/kvittering/<reference:reference>/plads/<id:booking_id>/", pass_on_views.pass_on, name="pass_on"),
    path(
        "tilmelding/kvittering/<reference:reference>/plads/<id:booking_id>/deltagerliste/",
        receipt_views.listing,
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
