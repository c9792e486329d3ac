using System.Globalization;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Aviator.Cli.Simulate;

/// <summary>
/// Reads a policy's file, YAML or JSON, without judging its spec: that the controller does, by its own rules. A file may hold other objects
/// too; the policy is what is taken.
/// </summary>
internal static class PolicyFile
{
    /// <summary>What a file is at most; one of policies is far shorter.</summary>
    private const int LongestText = 1 << 20;

    /// <summary>Reads the one policy of a file.</summary>
    /// <param name="path">The file; <c>-</c> for standard input.</param>
    /// <param name="host">Where standard input is.</param>
    /// <exception cref="CliException">It cannot be read, or does not hold one policy.</exception>
    public static JsonObject Read(string path, CliHost host)
    {
        var policies = Parse(path, Text(path, host)).Where(IsPolicy).ToList();
        return policies switch
        {
            [var only] => only,
            [] => throw new CliException($"{path}: no {AviatorNames.Kind} is in it.", ExitCode.NoAccess),
            _ => throw new CliException(
                $"{path}: {policies.Count} policies are in it; simulate one at a time.", ExitCode.NoAccess),
        };
    }

    private static string Text(string path, CliHost host)
    {
        try
        {
            if (path != "-" && new FileInfo(path) is { Exists: true, Length: > LongestText })
                throw new CliException($"{path}: is longer than {LongestText / 1024} KiB, so it is no policy.", ExitCode.NoAccess);
            return path == "-" ? host.In.ReadToEnd() : File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CliException($"{path}: {fault.Message}", ExitCode.NoAccess);
        }
    }

    private static List<JsonObject> Parse(string path, string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return [.. stream.Documents.Select(document => ToJson(document.RootNode)).OfType<JsonObject>()];
        }
        catch (YamlException fault)
        {
            throw new CliException(
                string.Create(CultureInfo.InvariantCulture, $"{path}, line {fault.Start.Line}: {fault.Message}"), ExitCode.NoAccess);
        }
    }

    private static bool IsPolicy(JsonObject item) => item["kind"] is JsonValue kind && kind.ToString() == AviatorNames.Kind;

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(entry =>
            KeyValuePair.Create(entry.Key.ToString(), ToJson(entry.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Scalar(plain.Value ?? ""),
        YamlScalarNode quoted => quoted.Value,
        _ => null,
    };

    /// <summary>By the core schema of YAML 1.2 (10.3.2), as far as Kubernetes' objects need it.</summary>
    private static JsonNode? Scalar(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        _ when char.IsDigit(text[^1]) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => text,
    };
}
