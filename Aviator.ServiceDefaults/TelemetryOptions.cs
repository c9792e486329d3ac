namespace Aviator.ServiceDefaults;

/// <summary>What is exported over OTLP: section <c>Telemetry</c> of the configuration (<c>Telemetry__KeepOneQuietTraceIn=1</c>).</summary>
public sealed class TelemetryOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Telemetry";

    /// <summary>Largest <see cref="KeepOneQuietTraceIn"/>.</summary>
    public const int MostQuiet = 1_000_000;

    /// <summary>
    /// Of the traces in which nothing changed and nothing failed, one in so many is exported; 1 exports all of them. 1 to
    /// <see cref="MostQuiet"/>. Not used when <c>OTEL_TRACES_SAMPLER</c> chooses another sampler.
    /// </summary>
    public int KeepOneQuietTraceIn { get; set; } = 60;
}
