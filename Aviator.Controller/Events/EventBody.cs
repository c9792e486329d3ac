using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;

namespace Aviator.Controller.Events;

/// <summary>Builds core/v1 Events, which every server from 1.20 on takes and <c>kubectl describe</c> shows. Deterministic.</summary>
internal static class EventBody
{
    private const int MaxName = 253;
    private const int MaxMessage = 1024;

    /// <summary>
    /// The Event's name: the target's, and a hash of what makes it the same Event, so that a repeat finds the one before, also after a
    /// restart.
    /// </summary>
    public static string Name(EventNote note)
    {
        var identity = string.Join(
            '\n', note.Target.Uid, note.Target.Kind, note.Reason, note.SeriesKey, note.Warning ? "Warning" : "Normal");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..16];
        var longest = MaxName - 1 - hash.Length;
        return $"{(note.Target.Name.Length <= longest ? note.Target.Name : note.Target.Name[..longest])}.{hash}";
    }

    public static JsonObject Create(EventNote note, string instance, DateTimeOffset now) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Event",
        ["metadata"] = Traced(new() { ["name"] = Name(note), ["namespace"] = note.Target.Namespace }, note),
        ["involvedObject"] = new JsonObject
        {
            ["apiVersion"] = note.Target.ApiVersion,
            ["kind"] = note.Target.Kind,
            ["namespace"] = note.Target.Namespace,
            ["name"] = note.Target.Name,
            ["uid"] = note.Target.Uid,
        },
        ["type"] = note.Warning ? "Warning" : "Normal",
        ["reason"] = note.Reason,
        ["message"] = Cut(note.Message),
        ["source"] = new JsonObject { ["component"] = "aviator-controller" },
        ["reportingComponent"] = AviatorNames.ReportingComponent,
        ["reportingInstance"] = instance,
        ["firstTimestamp"] = Text(now),
        ["lastTimestamp"] = Text(now),
        ["count"] = 1,
    };

    /// <summary>The merge patch of a repeat.</summary>
    public static JsonObject Repeat(EventNote note, int count, DateTimeOffset now) =>
        new() { ["metadata"] = Traced([], note), ["count"] = count, ["message"] = Cut(note.Message), ["lastTimestamp"] = Text(now) };

    private static JsonObject Traced(JsonObject metadata, EventNote note)
    {
        if (note.TraceId is { } trace) metadata["annotations"] = new JsonObject { [AviatorNames.TraceAnnotation] = trace };
        return metadata;
    }

    private static string Cut(string message) => message.Length <= MaxMessage ? message : message[..(MaxMessage - 1)] + "…";

    private static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
