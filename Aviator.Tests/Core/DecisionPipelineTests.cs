using System.Text.RegularExpressions;
using Aviator.Core.Decisions;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Core;

public sealed partial class DecisionPipelineTests
{
    [Fact]
    public void Stages_InTheirOrder_AreThoseOfTheDocument()
    {
        var explained = Row().Matches(File.ReadAllText(Repository.File("docs/deciding.md"))).Select(match => match.Groups[1].Value);
        Assert.Equal(DecisionPipeline.Ranking.Concat(DecisionPipeline.Selection).Select(stage => stage.GetType().Name), explained);
    }

    /// <summary>A row of the document's table of stages: number, class, what it does.</summary>
    [GeneratedRegex(@"^\| \d+ \| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
