using System.Text.Json;
using Aviator.Tests.Fixtures.Monitoring;
using Xunit;

namespace Aviator.Tests.Unit.Monitoring;

/// <summary>Dashboards can be imported anywhere: no data source, library panel or id of somebody's own Grafana.</summary>
public sealed class DashboardTests
{
    public static TheoryData<string> Files() => [.. MonitoringFiles.Dashboards.Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Dashboard_Each_DependsOnNoGrafanaOfItsOwn(string file)
    {
        var dashboard = Read(file);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), dashboard.GetProperty("uid").GetString());
        Assert.Contains(dashboard.GetProperty("templating").GetProperty("list").EnumerateArray(),
            variable => variable.GetProperty("type").GetString() == "datasource"
                && variable.GetProperty("query").GetString() == "prometheus");
        foreach (var panel in MonitoringFiles.Panels(dashboard))
        {
            Assert.False(panel.TryGetProperty("libraryPanel", out _));
            Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
            Assert.NotEmpty(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString()!);
            Assert.NotEmpty(panel.GetProperty("description").GetString()!);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Dashboard_Each_PutsNoPanelOverAnother(string file)
    {
        var panels = MonitoringFiles.Panels(Read(file)).Select(panel => panel.GetProperty("gridPos")).ToList();
        int Of(JsonElement at, string side) => at.GetProperty(side).GetInt32();
        var cells = panels.SelectMany(at =>
            from x in Enumerable.Range(Of(at, "x"), Of(at, "w"))
            from y in Enumerable.Range(Of(at, "y"), Of(at, "h"))
            select (x, y)).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.x, 0, 23));
    }

    private static JsonElement Read(string file) =>
        MonitoringFiles.Dashboard(MonitoringFiles.Dashboards.Single(path => Path.GetFileName(path) == file));
}
