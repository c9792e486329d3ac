using Aviator.Kubernetes;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

/// <summary>A kubeconfig that cannot be used is named, and what is wrong with it said.</summary>
public sealed class ClusterAccessTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("", "is empty: name one that has a cluster")]
    [InlineData(" \n", "is empty")]
    [InlineData("apiVersion: v1\nkind: Config\ncurrent-context: gone\ncontexts: []", "gone not found")]
    [InlineData("{", "cannot be used: ")]
    public void Connect_FileThatCannotBeUsed_IsNamedWithTheFault(string text, string fault)
    {
        File.WriteAllText(_path, text);

        var error = Assert.Throws<NoClusterException>(() => ClusterAccess.Connect(_path));

        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Object reference", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Connect_NoSuchFile_SaysHowToNameOne() => Assert.Contains(
        "Name a kubeconfig", Assert.Throws<NoClusterException>(() => ClusterAccess.Connect("/no/such/file")).Message,
        StringComparison.Ordinal);
}
