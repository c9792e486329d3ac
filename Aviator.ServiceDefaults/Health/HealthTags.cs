namespace Aviator.ServiceDefaults.Health;

/// <summary>Which health endpoint shows a check.</summary>
public static class HealthTags
{
    /// <summary>Shown by <c>/healthz</c>: failing means that the process is stuck and a restart helps.</summary>
    public const string Live = "live";

    /// <summary>Shown by <c>/readyz</c>: failing means that the process cannot do its work now, and why.</summary>
    public const string Ready = "ready";
}
