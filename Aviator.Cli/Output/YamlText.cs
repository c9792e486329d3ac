using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Aviator.Cli.Output;

/// <summary>Writes JSON as block YAML. Strings that YAML could take for something else are quoted as in JSON, which YAML reads.</summary>
internal static partial class YamlText
{
    /// <summary>The document, with a line feed at its end.</summary>
    public static string Of(JsonNode document)
    {
        var text = new StringBuilder();
        Write(text, document, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode? node, int indent)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } fields:
                var isFirst = true;
                foreach (var (name, value) in fields)
                {
                    // What stands behind "- " begins on its line.
                    if (!isFirst || text.Length == 0 || text[^1] == '\n') text.Append(' ', indent);
                    text.Append(Scalar(name)).Append(':');
                    Value(text, value, indent + (value is JsonArray ? 0 : 2));
                    isFirst = false;
                }

                break;
            case JsonArray { Count: > 0 } items:
                foreach (var item in items)
                {
                    text.Append(' ', indent).Append("- ");
                    Write(text, item, indent + 2);
                }

                break;
            default:
                text.Append(Leaf(node)).Append('\n');
                break;
        }
    }

    private static void Value(StringBuilder text, JsonNode? value, int indent)
    {
        var isBlock = value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 };
        text.Append(isBlock ? '\n' : ' ');
        Write(text, value, indent);
    }

    private static string Leaf(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue value when value.TryGetValue<string>(out var word) => Scalar(word),
        _ => node.ToJsonString(),
    };

    private static string Scalar(string word) =>
        Plain().IsMatch(word) && word is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "True" or "False")
            ? word
            : JsonValue.Create(word).ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Begins with a letter, and holds nothing that means something to YAML.</summary>
    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9 _./,()%+-]*(?<! )$")]
    private static partial Regex Plain();
}
