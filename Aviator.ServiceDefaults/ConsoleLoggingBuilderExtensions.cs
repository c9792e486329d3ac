using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Aviator.ServiceDefaults;

/// <summary>How every program writes its log to the console.</summary>
public static class ConsoleLoggingBuilderExtensions
{
    /// <summary>One line per entry, beginning with the UTC time, and without the framework's own chatter.</summary>
    public static ILoggingBuilder AddConsoleLines(this ILoggingBuilder logging)
    {
        var gate = new HostLogGate();
        logging.Services.AddSingleton(gate);
        return logging
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical)
            .AddFilter(HostLogGate.Category, level => level >= LogLevel.Warning && gate.IsOpen)
            .AddFilter("System.Net.Http", LogLevel.Warning)
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                console.UseUtcTimestamp = true;
            });
    }
}
