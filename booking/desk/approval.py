"""What Wagtail does when the last approval of a workflow is given. Named in the settings.

Wagtail reads the setting while its own models are being made, so nothing that has models is imported before it is used.
"""


def publish_approved(workflow_state, user=None) -> None:
    """Publish what was approved; a session that people are told of awaits the step that shows what they are told."""
    from wagtail.workflows import publish_workflow_state

    from booking.desk.publish import awaits_step

    if not awaits_step(workflow_state.content_object, user):
        publish_workflow_state(workflow_state, user=user)
