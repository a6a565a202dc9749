"""Every address of the booking module. Each room brings its own."""

from booking.calendars.urls import urlpatterns as calendars
from booking.invoicing.urls import urlpatterns as invoicing
from booking.mypage.urls import urlpatterns as mypage
from booking.payments.urls import urlpatterns as payments
from booking.signup.urls import urlpatterns as signup

app_name = "booking"

urlpatterns = [*signup, *payments, *invoicing, *calendars, *mypage]
