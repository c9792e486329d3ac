using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Aviator.Agent;
using Aviator.Agent.Access;
using Aviator.Controller;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Autoscaling;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Roles.Release;
using Aviator.Controller.Roles.Watchdog;
using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using k8s;
using k8s.Models;
using Xunit;
using AgentSteeringOptions = Aviator.Agent.Steering.SteeringOptions;

namespace Aviator.Tests.Unit.Architecture;

/// <summary>What people read at night is what the code says: reasons, Events, metrics, options, fields, file names and links.</summary>
public sealed partial class DocumentationTests
{
    private const int DoorLines = 130;

    private static Documentation Readme { get; } = new("README.md");

    private static Documentation Policy { get; } = new("docs/reference/policy.md");

    private static Documentation Installing { get; } = new("docs/install.md");

    private static Documentation Runbook { get; } = new("docs/operations/runbook.md");

    private static Documentation Controller { get; } = new("docs/reference/controller.md");

    public static TheoryData<string> Documents => [.. Documentation.All];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_OfADocument_PointAtWhatIsThere(string path)
    {
        var document = new Documentation(path);
        Assert.DoesNotContain(document.Links, link => !Leads(document, link));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void FileNames_OfADocument_AreThoseOfFiles(string path)
    {
        var files = Documentation.Tree().Select(file => $"/{file}").ToList();
        Assert.DoesNotContain(new Documentation(path).FileNames, name =>
            !files.Exists(file => file.EndsWith($"/{Relative(name)}", StringComparison.Ordinal)));

        static string Relative(string name) => name.TrimStart('.', '/');
    }

    /// <summary>What a newcomer reads first stays short; what is looked up is in docs/.</summary>
    [Fact]
    public void Readme_IsADoor_NotAManual() => Assert.InRange(Readme.Text.Count(letter => letter == '\n'), 1, DoorLines);

    [Fact]
    public void Install_OfTheReadme_IsThatOfTheGuide() =>
        Assert.Subset(Lines(Installing.Block("helm install aviator")), Lines(Readme.Block("helm install aviator")));

    [Fact]
    public void Index_OfTheDocuments_LeadsToEach()
    {
        var index = new Documentation("docs/README.md");
        var linked = index.Links.Select(link => Path.GetRelativePath(Repository.File(""), Repository.File(Path.Combine("docs", link))))
            .ToHashSet();
        var pages = Documentation.All.Where(path => path.StartsWith("docs/", StringComparison.Ordinal) && path != index.Path);
        // The design notes have their own index.
        Assert.DoesNotContain(pages, path => !linked.Contains(path) && !path.StartsWith("docs/designs/", StringComparison.Ordinal));
        var notes = new Documentation("docs/designs/README.md");
        Assert.DoesNotContain(Documentation.All, path =>
            Path.GetDirectoryName(path) == "docs/designs" && path != notes.Path && !notes.Links.Contains(Path.GetFileName(path)));
    }

    [Fact]
    public void Rights_AreThoseOfTheManifests()
    {
        var documented = Right().Matches(Installing.Text).SelectMany(row =>
            from account in Words(row.Groups[1].Value)
            from resource in Words(row.Groups[2].Value)
            from verb in Words(row.Groups[3].Value)
            select $"{account}: {verb} {resource}{row.Groups["one"].Value}");
        Assert.Equal(Granted().Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reasons_OfConditions_AreExplained()
    {
        var reasons = Constants(typeof(ConditionReason)).Concat(Constants(typeof(DecisionReason))).Concat(Enum.GetNames<SteeringPhase>())
            .ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string> { "InvalidSpec", "ReaderFound", "Headless", "Observing", "Panic", "NoFreshReports",
            "TooFewSamples", "NotEvaluated" }, reasons);
        var explained = Runbook.CodeIn("## Reasons");
        Assert.DoesNotContain(reasons, reason => !explained.Contains(reason));
    }

    [Fact]
    public void Conditions_AreExplained() => Assert.Subset(Policy.CodeIn("### Conditions").ToHashSet(), Constants(typeof(ConditionType)));

    [Fact]
    public void Events_AreExplained()
    {
        Assert.Subset(Runbook.CodeIn("## Events").ToHashSet(), Constants(typeof(EventReason)));
        Assert.Subset(Policy.CodeIn("### Events").ToHashSet(), Constants(typeof(EventReason)));
    }

    [Theory]
    [InlineData("Aviator.Controller", "docs/reference/controller.md", 25)]
    [InlineData("Aviator.Agent", "docs/reference/agent.md", 20)]
    [InlineData("Aviator.Kubernetes", "docs/reference/controller.md", 1)]
    public void Metrics_OfAProgram_AreExplained(string program, string document, int least)
    {
        var metrics = Sources(program).SelectMany(source => Metric().Matches(source)).Select(match => match.Groups[1].Value).ToList();
        Assert.True(metrics.Count >= least, $"Only {metrics.Count} metrics were found in {program}.");
        var text = new Documentation(document).Text;
        Assert.DoesNotContain(metrics, metric => !text.Contains($"`{metric}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_OfTheController_AreExplained() =>
        Assert.Subset(Controller.CodeIn("## Options").ToHashSet(), Options(typeof(ControllerOptions)));

    [Fact]
    public void Options_OfTheFiguresForAutoscalers_AreExplained() => Assert.Subset(
        Controller.CodeIn("## Options").ToHashSet(), Options(typeof(AutoscalingOptions), name => $"Aviator__Autoscaling__{name}"));

    [Fact]
    public void Options_OfTheAgent_AreExplained()
    {
        var explained = new Documentation("docs/reference/agent.md").CodeIn("## Options").ToHashSet();
        Assert.Subset(explained, Options(typeof(AgentOptions)));
        Assert.Subset(explained, Options(typeof(ProbeOptions), name => $"Probe:{name}"));
        Assert.Subset(explained, Options(typeof(AccessOptions), name => $"Access:{name}"));
        Assert.Subset(explained, Options(typeof(AgentSteeringOptions), name => $"Steering:{name}"));
        // The first of an endpoint's is written out, the others begin where it ends.
        Assert.Subset(explained, Options(typeof(StaticEndpointOptions), name =>
            name == nameof(StaticEndpointOptions.Address) ? $"Endpoints:N:{name}" : $":{name}"));
    }

    [Theory]
    [InlineData(typeof(LeaderElectionOptions), "## Leader election")]
    [InlineData(typeof(WatchdogOptions), "## The watchdog")]
    [InlineData(typeof(ReleaseOptions), "## Before an uninstall: `Aviator.Controller release`")]
    public void Options_OfTheRoles_AreExplained(Type options, string heading)
    {
        var (explained, section) =
            (new Documentation("docs/availability.md").CodeIn(heading), options.Name.Replace("Options", "", StringComparison.Ordinal));
        Assert.DoesNotContain(Options(options), name => !explained.Contains(name) && !explained.Contains($"{section}:{name}"));
    }

    [Fact]
    public void Fields_OfThePolicy_AreExplained_WithTheirDefaults()
    {
        var definition = KubernetesYaml.Deserialize<V1CustomResourceDefinition>(
            File.ReadAllText(Repository.File("config/crd/aviator.example.com_aviatorpolicies.yaml")));
        var schema = JsonNode.Parse(
            KubernetesJson.Serialize(definition.Spec.Versions.Single().Schema.OpenAPIV3Schema))!["properties"]!["spec"]!;
        var rows = Row().Matches(Policy.Text)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value.Trim('`'), StringComparer.Ordinal);
        var fields = Leaves(schema, "spec").ToList();
        Assert.Equal(fields.Select(field => field.Path).Order(), rows.Keys.Order());
        Assert.DoesNotContain(fields, field => field.Default is { } standard && rows[field.Path] != standard);
    }

    [Fact]
    public void EmergencyLine_OfTheDocument_NamesTheKeyAndTheOwner()
    {
        var line = EmergencyLine.Read();
        Assert.Contains($"\"{ServiceShape.SteeredKey}\":null", line, StringComparison.Ordinal);
        Assert.EndsWith($"managed-by={Slice.OwnManager}\"", line, StringComparison.Ordinal);
    }

    /// <summary>
    /// Scripts and manifests cannot refer to a constant: what they repeat of a label, a key or the group is held to the one place.
    /// </summary>
    [Fact]
    public void Names_InScriptsAndManifests_AreThoseOfTheApi()
    {
        var names = Constants(typeof(AviatorNames));
        var used = Documentation.Tree().Where(IsScriptOrManifest)
            .SelectMany(file => ApiName().Matches(File.ReadAllText(Repository.File(file))).Select(match => (file, match.Value))).ToList();
        Assert.DoesNotContain(used, name => !names.Contains(name.Value));
        Assert.Superset(new HashSet<(string, string)>
        {
            ("eng/uninstall.sh", AviatorNames.SteeredKey), ("eng/uninstall.sh", AviatorNames.TwinOfLabel),
                ("eng/uninstall.sh", AviatorNames.Definition),
        }, used.ToHashSet());

        static bool IsScriptOrManifest(string file) =>
            file.Split('/')[0] is "eng" or "config" or "deploy" &&
                Path.GetExtension(file) is ".sh" or ".bash" or ".yaml" or ".tpl" or ".txt";
    }

    /// <summary>The rights of config/rbac: account, verb, resource, and whether it is restricted to one object.</summary>
    private static IEnumerable<string> Granted() =>
        from file in Directory.GetFiles(Repository.File("config/rbac"), "*.yaml", SearchOption.AllDirectories)
        from item in KubernetesYaml.LoadAllFromString(File.ReadAllText(file))
        from rule in (item as V1ClusterRole)?.Rules ?? (item as V1Role)?.Rules ?? []
        from resource in rule.Resources
        from verb in rule.Verbs
        select $"{Path.GetFileNameWithoutExtension(file)}: {verb} {resource}{(rule.ResourceNames is null ? "" : " (one)")}";

    private static string[] Words(string cell) => cell.Split(", ");

    private static HashSet<string> Lines(string block) => [.. block.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static bool Leads(Documentation from, string link)
    {
        var (file, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
        var path = file.Length == 0 ? from.Path
            : Path.GetRelativePath(Repository.File(""), Repository.File(Path.Combine(Path.GetDirectoryName(from.Path)!, file)));
        if (!Path.Exists(Repository.File(path))) return false;
        return anchor is null || new Documentation(path).Anchors.Contains(anchor);
    }

    private static IEnumerable<string> Sources(string project) => Documentation.Tree()
        .Where(file => file.StartsWith($"{project}/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))
        .Select(file => File.ReadAllText(Repository.File(file)));

    private static HashSet<string> Options(Type type, Func<string, string>? form = null) =>
        type.GetProperties().Where(property => property.CanWrite).Select(property => form is null ? property.Name : form(property.Name))
            .ToHashSet(StringComparer.Ordinal);

    private static HashSet<string> Constants(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => field.GetRawConstantValue()).OfType<string>().ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<(string Path, string? Default)> Leaves(JsonNode schema, string path) => schema["properties"] is { } children
        ? children.AsObject().SelectMany(child => Leaves(child.Value!, $"{path}.{child.Key}"))
        : [(path, schema["default"]?.ToString())];

    [GeneratedRegex(@"\.Create\w+(?:<\w+>)?\(\s*""(aviator\.[a-z0-9_.]+)""")]
    private static partial Regex Metric();

    /// <summary>The group, with its version or the definition's name; a label, a key, an annotation.</summary>
    [GeneratedRegex(@"(?<![\w.-])(?:aviatorpolicies\.)?aviator\.example\.com(?:/v\w+)?|(?<![\w.-])aviator\.io/[\w-]+")]
    private static partial Regex ApiName();

    /// <summary>A row of the table of rights: accounts, resources, verbs.</summary>
    [GeneratedRegex(
        @"^\| ((?:controller|agent|watchdog|release|horizontal-pod-autoscaler)[a-z, ]*) \| ([a-z/*, ]+?)(?<one> \(one\))? \| ([a-z, ]+) \|",
        RegexOptions.Multiline)]
    private static partial Regex Right();

    /// <summary>A row of the policy's table: field, type, default.</summary>
    [GeneratedRegex(@"^\| `(spec\.[A-Za-z0-9.]+)` \| [^|]+ \| ([^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
