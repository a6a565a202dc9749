from django.urls import path

from booking.mypage import views

urlpatterns = [path("min-side/", views.my_page, name="my_page")]
