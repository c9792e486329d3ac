using System.Diagnostics;
using OpenTelemetry;

namespace Aviator.ServiceDefaults;

/// <summary>
/// Exports a span that failed, and the spans around it, when <see cref="QuietTraceSampler"/> has left out their trace. Spans of that trace
/// which ended before are gone.
/// </summary>
internal sealed class FailedSpanProcessor : BaseProcessor<Activity>
{
    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.Status != ActivityStatusCode.Error) return;
        for (var span = data; span is { Recorded: false }; span = span.Parent) span.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
    }
}
