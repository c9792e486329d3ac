namespace Aviator.Agent.Probing;

/// <summary>How a probe ended. Only <see cref="Answered"/> has a latency: a failure is never "fast".</summary>
internal enum ProbeResult
{
    /// <summary>A final status of 200 to 499.</summary>
    Answered,

    /// <summary>A status of 500 or above.</summary>
    ServerError,

    /// <summary>No answer's first byte within the time limit.</summary>
    TimedOut,

    /// <summary>No connection: refused, unreachable, reset while connecting.</summary>
    Refused,

    /// <summary>The connection ended before an answer, or what came was not HTTP/1.</summary>
    Broken,

    /// <summary>
    /// The port speaks TLS, or HTTP/2 in the clear, and would not have the request. Neither good nor bad: nothing of the application took
    /// part in it, no more than in a TCP handshake, which a pod that hangs completes as fast.
    /// </summary>
    OtherProtocol,
}

/// <summary>One probe's outcome.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Latency">From the request's send to the answer's first byte; zero when there was none.</param>
internal readonly record struct ProbeOutcome(ProbeResult Result, TimeSpan Latency);
