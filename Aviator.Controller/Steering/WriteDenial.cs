using Aviator.ServiceDefaults;

namespace Aviator.Controller.Steering;

/// <summary>
/// The server refuses a write of steering, and not for want of a newer version: a right is missing, or a rule forbids it.
/// </summary>
/// <param name="Sentence">What it said.</param>
/// <param name="OfSlices">Whether it was about a slice, and not about the Service.</param>
/// <param name="Count">Refusals in a row.</param>
/// <param name="Since">When the first of them was; a monotonic time.</param>
/// <param name="RetryAt">Not before this is a Service that is not steered taken over again.</param>
internal sealed record WriteDenial(string Sentence, bool OfSlices, int Count, TimeSpan Since, TimeSpan RetryAt)
{
    /// <summary>The denial that follows on another.</summary>
    /// <param name="last">The other; null for the first.</param>
    /// <param name="sentence">What the server said.</param>
    /// <param name="ofSlices">Whether it was about a slice.</param>
    /// <param name="now">A monotonic time.</param>
    /// <param name="pauses">The pauses between attempts.</param>
    public static WriteDenial After(WriteDenial? last, string sentence, bool ofSlices, TimeSpan now, Backoff pauses)
    {
        var count = (last?.Count ?? 0) + 1;
        return new(sentence, ofSlices, count, last?.Since ?? now, now + pauses.Pause(count, Random.Shared));
    }
}
