"""Registers with Wagtail what the rooms bring; nothing is made here."""

from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from booking.calendars import planning
from booking.desk import (
    attendance,
    letter,
    lists,
    menu,
    move,
    pages,
    phone,
    publish,
    session_money,
    sessions,
    staff,
    start,
)
from booking.mypage.admin import DeletionRequestViewSet, ForgetPersonView, requests_panel
from booking.people.person_chooser import PersonChooserViewSet
from booking.sessions.admin import SpeakerViewSet

register_snippet(SpeakerViewSet)


@hooks.register("register_admin_viewset")
def register_lists():
    return [
        menu.BookingsGroup(),
        menu.RegisterGroup(),
        menu.PricesGroup(),
        menu.PlacesGroup(),
        PersonChooserViewSet(),
        DeletionRequestViewSet(),
        publish.SessionPageViewSet(),
    ]


@hooks.register("register_admin_urls")
def register_actions():
    return [
        path("sessions/collisions/", planning.session_collisions, name="session_collisions"),
        path("sessions/cancel/<id:pk>/", sessions.CancelSessionView.as_view(), name="cancel_session"),
        path("sessions/revive/<id:pk>/", sessions.ReviveSessionView.as_view(), name="revive_session"),
        path("sessions/attendance/<id:pk>/", attendance.AttendanceView.as_view(), name="session_attendance"),
        path("sessions/participants/<id:pk>/", lists.ParticipantListView.as_view(), name="participant_list"),
        path("sessions/letter/<id:pk>/", letter.LetterView.as_view(), name="session_letter"),
        path("sessions/book/<id:pk>/", phone.PhoneView.as_view(), name="session_book"),
        path("sessions/hotel/<id:pk>/", lists.HotelListView.as_view(), name="hotel_list"),
        path("sessions/publish/<id:pk>/<id:revision>/", publish.PublishSessionView.as_view(), name="publish_session"),
        path("reports/sessions/", session_money.SessionReportView.as_view(), name="session_report"),
        path("bookings/move/<id:pk>/", move.MoveBookingView.as_view(), name="move_booking"),
        path("persons/forget/<id:pk>/", ForgetPersonView.as_view(), name="forget_person"),
    ]


@hooks.register("insert_global_admin_css")
def register_stylesheet():
    return format_html('<link rel="stylesheet" href="{}">', static("booking/desk.css"))


hooks.register("construct_main_menu", menu.without_what_nobody_needs)
hooks.register("construct_reports_menu", menu.without_workshop_reports)
hooks.register("register_reports_menu_item", session_money.report_menu_item)
hooks.register("construct_homepage_panels", start.start_panels)
hooks.register("construct_homepage_panels", requests_panel)
hooks.register("register_page_header_buttons", sessions.session_buttons)
hooks.register("before_delete_page", pages.refuse_to_delete_page)
hooks.register("before_bulk_action", pages.refuse_to_delete_pages)
hooks.register("before_bulk_action", pages.refuse_to_publish_unfinished)
hooks.register("before_bulk_action", publish.publish_with_consequences_alone)
hooks.register("before_publish_page", publish.show_consequences)
hooks.register("before_bulk_action", staff.refuse_many_users_at_once)
hooks.register("register_account_menu_item", staff.two_step_menu_item)
hooks.register("before_copy_page", pages.refuse_alias_of_session)
hooks.register("before_delete_snippet", pages.refuse_to_delete_snippets)
hooks.register("after_create_page", pages.say_what_is_missing)
hooks.register("after_edit_page", publish.show_consequences_of_approval)
hooks.register("after_edit_page", pages.say_what_is_missing)
hooks.register("after_create_page", planning.say_what_else_there_is)
hooks.register("after_edit_page", planning.say_what_else_there_is)
hooks.register("insert_editor_js", planning.editor_script)
hooks.register("after_unpublish_page", pages.say_that_bookings_are_kept)
