using System.Text;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Import;

/// <summary>Every value of a document, one after the other, of every wrong type.</summary>
public class WrongTypeTests
{
    private static readonly string[] Wrong = ["null", "true", "7", "\"text\"", "[]", "[1]", "{}", "{\"a\":1}", "{\"$ref\":\"#\"}"];

    [Fact]
    public void Import_AnyValueOfTheWrongType_IsATemplateOrAClearError()
    {
        var places = Places(JsonNode.Parse(Documents.Desk31)!).ToList();
        Assert.True(places.Count > 200);
        for (var place = 0; place < places.Count; place++)
        {
            var root = JsonNode.Parse(Documents.Desk31)!;
            var parent = places[place].SkipLast(1).Aggregate(root, (node, part) => part is int index ? node[index]! : node[(string)part]!);
            var replacement = JsonNode.Parse(Wrong[place % Wrong.Length]);
            if (places[place][^1] is int at)
            {
                parent[at] = replacement;
            }
            else
            {
                parent[(string)places[place][^1]] = replacement;
            }

            try
            {
                Assert.NotEmpty(new OpenApiImporter().Import(Encoding.UTF8.GetBytes(root.ToJsonString()), "document").Template.Operations);
            }
            catch (DefinitionException exception)
            {
                Assert.StartsWith("document:", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    private static IEnumerable<object[]> Places(JsonNode node, params object[] path)
    {
        if (path.Length > 0)
        {
            yield return path;
        }

        var children = node switch
        {
            JsonObject members => members.Select(member => ((object)member.Key, member.Value)),
            JsonArray items => items.Select((item, index) => ((object)index, item)),
            _ => [],
        };
        foreach (var place in children.Where(child => child.Item2 is not null).SelectMany(child => Places(child.Item2!, [.. path, child.Item1])))
        {
            yield return place;
        }
    }
}
