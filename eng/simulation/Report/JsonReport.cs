using System.Text.Json;

namespace Aviator.Simulation;

/// <summary>The results as JSON. There is nothing in it but results: the same seeds give the same bytes.</summary>
internal static class JsonReport
{
    public static byte[] Write(IReadOnlyList<ScenarioResult> results)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("seeds", results[0].Figures.Length);
            json.WriteStartArray("scenarios");
            foreach (var result in results) Write(json, result);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return [.. bytes.ToArray(), (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, ScenarioResult result)
    {
        json.WriteStartObject();
        json.WriteString("name", result.Scenario.Name);
        json.WriteString("description", result.Scenario.Description);
        json.WriteBoolean("steadyState", result.Scenario.IsSteady);
        Write(json, "undisturbedP99Ms", result.Of(0, figures => figures.UndisturbedP99), 3);
        json.WriteStartArray("arms");
        for (var arm = 0; arm < result.Arms.Count; arm++)
        {
            json.WriteStartObject();
            json.WriteString("name", result.Arms[arm].Name);
            Write(json, "requests", result.Of(arm, figures => figures.Requests), 1);
            Write(json, "p50Ms", result.Of(arm, figures => figures.P50), 3);
            Write(json, "p99Ms", result.Of(arm, figures => figures.P99), 3);
            Write(json, "p999Ms", result.Of(arm, figures => figures.P999), 3);
            Write(json, "failedShare", result.Of(arm, figures => figures.Failed), 6);
            Write(json, "slowShare", result.Of(arm, figures => figures.Slow), 6);
            Write(json, "changes", result.Of(arm, figures => figures.Changes), 1);
            Write(json, "pods", result.Of(arm, figures => figures.Pods), 1);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Spread spread, int digits)
    {
        json.WriteStartObject(name);
        json.WriteNumber("mean", Math.Round(spread.Mean, digits));
        json.WriteNumber("least", Math.Round(spread.Least, digits));
        json.WriteNumber("most", Math.Round(spread.Most, digits));
        json.WriteEndObject();
    }
}
