using Aviator.Core.Decisions;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>What is remembered of endpoints, in the order of their keys.</summary>
public sealed class EndpointRecordDictionaryTests
{
    [Fact]
    public void From_AnyOrder_IsInTheOrderOfTheKeysByTheirCodes()
    {
        var records = EndpointRecordDictionary.From([Pair("b", 2), Pair("a", 1), Pair("B", 3)]);

        Assert.Equal(["B", "a", "b"], records.Keys);
        Assert.Equal([3, 1, 2], records.Values.Select(record => record.Weight));
        Assert.Equal(["B", "a", "b"], records.Select(pair => pair.Key));
        Assert.Equal((3, 2.0, true, false), (records.Count, records["b"].Weight, records.ContainsKey("a"), records.ContainsKey("A")));
        Assert.Contains("\"c\"", Assert.Throws<KeyNotFoundException>(() => records["c"]).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("b", "a", "b")]
    public void From_TwoOfOneKey_IsRefusedByItsName(params string[] keys)
    {
        var error = Assert.Throws<ArgumentException>(() => EndpointRecordDictionary.From(keys.Select(key => Pair(key, 1))));
        Assert.Contains($"\"{keys[0]}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_KnownOrNewKey_ReplacesOrInsertsAndLeavesTheOriginal()
    {
        var before = EndpointRecordDictionary.From([Pair("a", 1), Pair("c", 3)]);

        var after = before.With("c", new() { Weight = 4 }).With("b", new() { Weight = 2 });

        Assert.Equal([("a", 1.0), ("b", 2.0), ("c", 4.0)], after.Select(pair => (pair.Key, pair.Value.Weight)));
        Assert.Equal([1, 3], before.Values.Select(record => record.Weight));
    }

    [Fact]
    public void FindNext_KeysInOrder_FindsEachThatIsKnown()
    {
        var records = EndpointRecordDictionary.From([Pair("b", 2), Pair("d", 4), Pair("e", 5)]);
        var position = 0;

        var found = new[] { "a", "b", "b", "c", "e", "f" }.Select(key => records.FindNext(key, ref position)?.Weight).ToList();

        Assert.Equal([null, 2, 2, null, 5, null], found);
    }

    private static KeyValuePair<string, EndpointRecord> Pair(string key, double weight) => new(key, new() { Weight = weight });
}
