namespace Aviator.Controller.Roles;

/// <summary>How all roles write their log: one line each, with the time, and without the framework's own chatter.</summary>
internal static class ConsoleLines
{
    /// <summary>Sets it up.</summary>
    public static ILoggingBuilder AddConsoleLines(this ILoggingBuilder logging) => logging
        .AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical).AddFilter("System.Net.Http", LogLevel.Warning)
        .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ ", true));
}
