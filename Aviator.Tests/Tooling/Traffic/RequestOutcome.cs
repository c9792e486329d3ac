namespace Aviator.Tests.Tooling.Traffic;

/// <summary>How a request ended.</summary>
internal enum RequestFailure
{
    /// <summary>Answered with a status below 500.</summary>
    None,

    /// <summary>The connection was refused, or no route led to the address.</summary>
    Refused,

    /// <summary>The connection ended before the whole answer was there.</summary>
    Reset,

    /// <summary>No whole answer within the limit.</summary>
    TimedOut,

    /// <summary>Answered with a status of 500 to 599.</summary>
    ServerError,

    /// <summary>Answered with something that is not HTTP/1.</summary>
    Malformed,
}

/// <summary>One request as the client saw it.</summary>
/// <param name="StartedAt">When it was sent, counted from the generator's start.</param>
/// <param name="Latency">From before the connection (a new one) or the request (a kept-alive one) to the answer's last byte, or to the
/// failure.</param>
/// <param name="Pod">The pod that answered, by its <c>X-Pod-Name</c> header; null when none did.</param>
/// <param name="Failure">How it ended.</param>
/// <param name="Detail">What the failure said; null on success.</param>
internal sealed record RequestOutcome(TimeSpan StartedAt, TimeSpan Latency, string? Pod, RequestFailure Failure, string? Detail)
{
    /// <summary>When it ended, counted from the generator's start.</summary>
    public TimeSpan EndedAt => StartedAt + Latency;
}
