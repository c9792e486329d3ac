using Aviator.ServiceDefaults;

namespace Aviator.Agent.Steering;

/// <summary>
/// The last order that was accepted, and since when. It lets no order in that is older than one it has seen: of two leaders the one of the
/// later term is obeyed, and of one leader's orders the last.
/// </summary>
/// <remarks>What was seen is forgotten with the process: after a restart a leader that was followed by another is obeyed until that one
/// sends its next order, a second later.</remarks>
internal sealed class OrderBoard(TimeProvider time)
{
    private readonly Lock _gate = new();
    private (AcceptedOrder Order, long At)? _last;

    /// <summary>Sent with each order that is accepted.</summary>
    public AsyncPulse Changed { get; } = new();

    /// <summary>The last accepted order and its age; null before the first.</summary>
    public (AcceptedOrder Order, TimeSpan Age)? Last
    {
        get
        {
            lock (_gate) return _last is { } last ? (last.Order, time.GetElapsedTime(last.At)) : null;
        }
    }

    /// <summary>Puts an order in the place of the one before.</summary>
    /// <exception cref="OrderRefusedException">One of a later term, or a later one of this term, was seen; status 409.</exception>
    public void Accept(AcceptedOrder order)
    {
        lock (_gate)
        {
            if (_last?.Order is { } seen)
            {
                if (order.Term < seen.Term) throw Late("term", $"is {order.Term}; an order of term {seen.Term} was accepted");
                if (order.Term == seen.Term && order.Sequence <= seen.Sequence)
                    throw Late("sequence", $"is {order.Sequence}; order {seen.Sequence} of this term was accepted");
            }

            _last = (order, time.GetTimestamp());
        }

        Changed.Send();
    }

    private static OrderRefusedException Late(string field, string reason) => new(StatusCodes.Status409Conflict, field, reason);
}
