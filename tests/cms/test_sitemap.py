"""Search engines find every live page, under the site's own address."""

from tests.factories import OfferPageFactory, front_page


def test_every_live_page_and_no_draft_is_listed(client, db):
    front = front_page()
    live = OfferPageFactory()
    draft = OfferPageFactory(published=False)

    page = client.get("/sitemap.xml", headers={"host": "localhost"}).content.decode()

    assert "<loc>https://borgmestre.example.org/</loc>" in page
    assert f"<loc>https://borgmestre.example.org{live.url}</loc>" in page
    assert "<loc>https://borgmestre.example.org/kalender/</loc>" in page
    assert page.count("<loc>") == front.get_descendants(inclusive=True).live().count() + 2  # and how to subscribe
    assert draft.slug not in page
    assert "localhost" not in page


def test_robots_are_shown_the_sitemap_and_kept_out_of_the_admin(client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert "Disallow: /admin/" in lines
    assert "Sitemap: https://borgmestre.example.org/sitemap.xml" in lines
