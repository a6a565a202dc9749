import pytest

from booking.payments.models import (
    PAYMENT_MOVES,
    REFUND_MOVES,
    IllegalMove,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)


@pytest.mark.parametrize("after", PaymentState.values)
@pytest.mark.parametrize("before", PaymentState.values)
def test_a_payment_moves_as_the_table_says(before, after):
    payment = Payment(state=before)

    if after in PAYMENT_MOVES[before]:
        payment.move(after)
        assert payment.state == after
    else:
        with pytest.raises(IllegalMove):
            payment.move(after)


@pytest.mark.parametrize("after", RefundState.values)
@pytest.mark.parametrize("before", RefundState.values)
def test_a_refund_moves_as_the_table_says(before, after):
    refund = Refund(state=before)

    if after in REFUND_MOVES[before]:
        refund.move(after)
        assert refund.state == after
    else:
        with pytest.raises(IllegalMove):
            refund.move(after)


def test_money_received_is_never_unreceived():
    assert PAYMENT_MOVES[PaymentState.PAID] == set()
