using System.Globalization;

namespace Aviator.Tests.GrpcApp;

/// <summary>How a server answers.</summary>
/// <param name="Name">The pod's name, which each answer holds.</param>
/// <param name="Delay">From the call to the first byte of its answer.</param>
public sealed record AnswerOptions(string Name, TimeSpan Delay)
{
    internal const int Port = 8080;

    /// <summary>As the pod's manifest says.</summary>
    /// <exception cref="FormatException">DELAY_MS is no whole number.</exception>
    internal static AnswerOptions FromEnvironment() => new(
        Environment.GetEnvironmentVariable("POD_NAME") ?? "",
        TimeSpan.FromMilliseconds(int.Parse(Environment.GetEnvironmentVariable("DELAY_MS") ?? "0", CultureInfo.InvariantCulture)));
}
