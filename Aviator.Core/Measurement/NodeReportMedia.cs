using System.Globalization;

namespace Aviator.Core.Measurement;

/// <summary>
/// The name that the form of <see cref="NodeReportCodec"/> has in HTTP. A program asks for it with the newest version that it reads, and
/// gets JSON where that is not enough: agents and controllers of two versions understand each other by it.
/// </summary>
public static class NodeReportMedia
{
    /// <summary>The media type.</summary>
    public const string Type = "application/vnd.aviator.node-report";

    /// <summary>The parameter that has the newest version which is read.</summary>
    public const string Version = "version";

    /// <summary>What a program asks for that reads both: the value of <c>Accept</c>.</summary>
    public static string Accept { get; } = string.Create(
        CultureInfo.InvariantCulture, $"{Type}; {Version}={NodeReportCodec.Version}, application/json; q=0.9");
}
