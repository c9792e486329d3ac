using System.Globalization;
using System.Text.Json.Serialization;
using Aviator.Kubernetes;

namespace Aviator.Cli.Events;

/// <summary>One Event of Aviator's.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Object">What it is about: <c>AviatorPolicy/web</c>.</param>
/// <param name="Type">Normal or Warning.</param>
/// <param name="Reason">Why, as one word.</param>
/// <param name="Count">How often it happened.</param>
/// <param name="LastTime">When it happened last; null when its writer did not say.</param>
/// <param name="Message">What happened.</param>
internal sealed record AviatorEvent(
    string Namespace, string Object, string Type, string Reason, int Count, DateTimeOffset? LastTime, string Message)
{
    private const int PageSize = 500;
    private const int MaxPages = 40;

    private static readonly ResourceKind Kind = new("", "v1", "events");

    /// <summary>Reads those of policies and Services, the latest last.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyList<AviatorEvent>> ListAsync(ApiConnection api, string? ns, CancellationToken cancellationToken)
    {
        // Two requests, since a field selector knows no "or": Events of pods, of which a cluster has the most, stay at the server.
        var ofPolicies = await ListAsync(api, ns, AviatorNames.Kind, cancellationToken);
        var ofServices = await ListAsync(api, ns, "Service", cancellationToken);
        return [.. ofPolicies.Concat(ofServices).OrderBy(entry => entry.LastTime ?? DateTimeOffset.MinValue)];
    }

    private static async Task<List<AviatorEvent>> ListAsync(
        ApiConnection api, string? ns, string kind, CancellationToken cancellationToken)
    {
        var scope = new ResourceScope(ns, FieldSelector: $"involvedObject.kind={kind}");
        var client = new ResourceClient<EventWire>(api, Kind, scope);
        var found = new List<AviatorEvent>();
        string? token = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await client.ListAsync(PageSize, token, cancellationToken);
            found.AddRange(answer.Items.Where(item => item.Value.IsAviators).Select(item => item.Value.Read(item.Key.Namespace)));
            if ((token = answer.Continue) is null) break;
        }

        return found;
    }

    private sealed record EventWire
    {
        [JsonPropertyName("involvedObject")] public ObjectWire? About { get; init; }
        [JsonPropertyName("type")] public string? Type { get; init; }
        [JsonPropertyName("reason")] public string? Reason { get; init; }
        [JsonPropertyName("message")] public string? Message { get; init; }
        [JsonPropertyName("count")] public int? Count { get; init; }
        [JsonPropertyName("lastTimestamp")] public string? LastTimestamp { get; init; }
        [JsonPropertyName("eventTime")] public string? EventTime { get; init; }
        [JsonPropertyName("reportingComponent")] public string? ReportingComponent { get; init; }

        [JsonIgnore] public bool IsAviators => ReportingComponent?.StartsWith($"{AviatorNames.Domain}/", StringComparison.Ordinal) == true;

        public AviatorEvent Read(string ns) => new(
            ns, $"{About?.Kind}/{About?.Name}", Type ?? "Normal", Reason ?? "", Count ?? 1,
            Time(LastTimestamp) ?? Time(EventTime), Message ?? "");

        private static DateTimeOffset? Time(string? text) =>
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }

    private sealed record ObjectWire
    {
        [JsonPropertyName("kind")] public string? Kind { get; init; }
        [JsonPropertyName("name")] public string? Name { get; init; }
    }
}
