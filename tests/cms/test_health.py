"""A load balancer learns whether the site can work, and nothing else."""

from django.db import connection


def test_a_healthy_site_says_ok(client, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


def test_a_probe_knows_no_host_name_and_no_https(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz", headers={"host": "10.0.0.7"}).status_code == 200


def test_without_a_database_it_says_503(client, django_db_blocker, tmp_path):
    working = connection.settings_dict
    nowhere = {"sqlite": {"NAME": tmp_path / "none" / "none"}, "postgresql": {"HOST": str(tmp_path)}}
    connection.close()
    connection.settings_dict = working | nowhere[connection.vendor]
    try:
        with django_db_blocker.unblock():
            response = client.get("/healthz")
    finally:
        connection.close()
        connection.settings_dict = working

    assert (response.status_code, response.content) == (503, b"database")


def test_only_that_address(client, db):
    assert client.get("/healthz/").status_code == 404
