using System.Diagnostics;

namespace Aviator.Controller.Telemetry;

/// <summary>One trace per evaluation: collect → rank → decide → write.</summary>
internal static class ControllerTracing
{
    public static ActivitySource Source { get; } = new("Aviator.Controller");
}
