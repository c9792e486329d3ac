namespace Aviator.Controller.Events;

/// <summary>The object that an Event is about.</summary>
/// <param name="ApiVersion">Its API version.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its UID.</param>
internal sealed record EventTarget(string ApiVersion, string Kind, string Namespace, string Name, string Uid);

/// <summary>One thing worth reporting.</summary>
/// <param name="Target">The object it is about.</param>
/// <param name="Reason">Why, as one word in camel case; see <see cref="EventReason"/>.</param>
/// <param name="Message">What happened, in a sentence.</param>
/// <param name="Warning">Whether it needs attention.</param>
/// <param name="SeriesKey">
/// Separates two Events of one reason (a pod's name). Repeats of the same reason and key become one Event with a count and the latest
/// message.
/// </param>
/// <param name="TraceId">The trace that shows how it came to that, as 32 hexadecimal digits; null without a listener.</param>
internal sealed record EventNote(
    EventTarget Target, string Reason, string Message, bool Warning = false, string SeriesKey = "", string? TraceId = null);

/// <summary>The reasons of the Events that the controller emits.</summary>
internal static class EventReason
{
    public const string Steered = "Steered";
    public const string Released = "Released";
    public const string Contested = "Contested";
    public const string Refused = "Refused";
    public const string Ejected = "Ejected";
    public const string Readmitted = "Readmitted";
    public const string SelectionChanged = "SelectionChanged";
    public const string Degraded = "Degraded";
    public const string Recovered = "Recovered";
    public const string EvaluationFailed = "EvaluationFailed";
}
