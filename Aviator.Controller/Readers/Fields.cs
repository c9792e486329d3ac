using System.Text.Json;
using Aviator.Core.Slices;

namespace Aviator.Controller.Readers;

/// <summary>Fields of other people's objects. Pure; what is missing or of another form than expected is empty.</summary>
internal static class Fields
{
    /// <summary>The field that the names lead to; undefined when there is none.</summary>
    public static JsonElement Child(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            element = element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? child : default;
        return element;
    }

    /// <summary>The text of the field that the names lead to; "" when there is none.</summary>
    public static string Text(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.Child(path) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    /// <summary>The elements of a list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : Enumerable.Empty<JsonElement>();

    /// <summary>The texts of a list.</summary>
    public static IEnumerable<string> Texts(this JsonElement list) =>
        list.Items().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!);

    /// <summary>Whether a label selector of Kubernetes (matchLabels, matchExpressions) matches; an empty one matches all.</summary>
    public static bool Matches(this JsonElement selector, LabelSet labels)
    {
        var byLabel = selector.Child("matchLabels");
        if (byLabel.ValueKind == JsonValueKind.Object && !byLabel.EnumerateObject().All(IsCarried)) return false;
        return selector.Child("matchExpressions").Items().All(expression => Holds(expression, labels));

        bool IsCarried(JsonProperty label) => labels.Get(label.Name) == label.Value.ToString();
    }

    private static bool Holds(JsonElement expression, LabelSet labels)
    {
        var value = labels.Get(expression.Text("key"));
        var listed = value is not null && expression.Child("values").Texts().Contains(value, StringComparer.Ordinal);
        return expression.Text("operator") switch
        {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
