using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Import;

/// <summary>Whatever is done to a document, there is a template that its reader takes, or an error that says what is wrong.</summary>
public class ImportMutationTests
{
    private static readonly string[] Tokens = ["{", "}", "[", "]", ":", ",", "\"", "null", "true", "-1", "1e999", "\"$ref\": \"#/paths\"", "\"$ref\": \"http://x.dev/y\"", "&a ", "*a", "<<: ", "\n", "  ", "\\u0000", "type", "\"type\": []", "..", "{id}", "{", "%2e%2e", "x-ms-dynamic-values"];

    private static readonly IReadOnlyList<byte[]> Seeds =
    [
        Encoding.UTF8.GetBytes(Documents.Desk31), Encoding.UTF8.GetBytes(Documents.Power20),
        .. Corpus.Files.Where(file => new FileInfo(file).Length < 120_000).Select(File.ReadAllBytes),
    ];

    [Fact]
    public void Import_MutatedDocument_IsAValidTemplateOrAClearError()
    {
        var inputs = from document in Gen.Choose(0, Seeds.Count - 1) from seed in Gen.Choose(0, int.MaxValue - 1) from changes in Gen.Choose(1, 12) select (document, seed, changes);
        Prop.ForAll(inputs.ToArbitrary(), input => Holds(Mutate(Seeds[input.document], input.seed, input.changes))).Check(Config.QuickThrowOnFailure.WithMaxTest(250));
    }

    private static bool Holds(byte[] document)
    {
        try
        {
            var template = new OpenApiImporter().Import(document, "mutated").Template;
            return TemplateReader.Read(TemplateWriter.Write(template), "draft").Operations.Count == template.Operations.Count;
        }
        catch (DefinitionException exception)
        {
            return exception.Message.StartsWith("mutated:", StringComparison.Ordinal) && exception.Errors.Count > 0;
        }
    }

    private static byte[] Mutate(byte[] document, int seed, int changes)
    {
        var random = new Random(seed);
        var bytes = document.ToList();
        for (var i = 0; i < changes && bytes.Count > 10; i++)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    var length = Math.Min(random.Next(1, 400), bytes.Count - at);
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                default:
                    // One value for another: the wrong types at every place.
                    var (from, to) = (bytes.IndexOf((byte)':', at), random.Next(bytes.Count));
                    if (from > 0 && from < bytes.Count - 1)
                    {
                        bytes.InsertRange(from + 1, bytes.GetRange(to, Math.Min(20, bytes.Count - to)));
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
