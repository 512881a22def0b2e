using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Tests.Playbooks;

public sealed class YamlLoaderTests
{
    private const string Minimal = """
        id: mine
        version: 1
        title: Mine
        description: Mine.
        examples: [mine]
        match:
          - { all: [[mine]], score: 1 }
        slots:
          who: { type: person, from: [message] }
        steps:
          - id: one
            title: One
            call: a.b
            with: { x: "${slots.who.email}" }
          - id: two
            title: Two
            call: a.c
            with: { y: "${steps.one.result.y}" }
        answer: Done ${steps.two.result.z}.
        """;

    [Theory]
    [InlineData("a: 1\na: 2", 2, "appears twice")]
    [InlineData("a: &x 1", 1, "anchors")]
    [InlineData("a: &x [1]\nb: *x", 1, "anchors")]
    [InlineData("b: *x", 1, "aliases")]
    [InlineData("a: !!binary aGk=", 1, "tags")]
    [InlineData("<<: {a: 1}", 1, "merge")]
    [InlineData("a: 1\n---\nb: 2", 2, "one document")]
    [InlineData("", 1, "empty")]
    [InlineData("a: [1, 2", 2, "not valid YAML")]
    [InlineData("a: b: c", 1, "not valid YAML")]
    [InlineData("x: 1\n\ta: 1", 1, "not valid YAML")]
    [InlineData("? [a]\n: 1", 1, "plain text")]
    public void Load_NotAllowed_NamesTheLine(string text, int line, string mentions)
    {
        var error = Assert.Throws<DefinitionException>(() => YamlLoader.Load(text, "f.yaml")).Errors[0];

        Assert.Contains(mentions, error.Message, StringComparison.Ordinal);
        Assert.Equal(("f.yaml", line), (error.File, error.Line));
    }

    [Fact]
    public void Load_Scalars_FollowTheCoreSchema() => Assert.Equal(
        """{"a":1,"b":"1","c":1.5,"d":true,"e":"yes","f":null,"g":null,"h":"2026-01-01","i":-7,"j":"0x1F"}""",
        YamlLoader.Load("a: 1\nb: '1'\nc: 1.5\nd: true\ne: yes\nf: null\ng:\nh: 2026-01-01\ni: -7\nj: 0x1F", "f").Root!.ToJsonString());

    [Fact]
    public void Load_TooDeep_IsRefused() =>
        Assert.Contains("deeper", Assert.Throws<DefinitionException>(() => YamlLoader.Load(new string('[', 200) + new string(']', 200), "f")).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_TooLarge_IsRefused() => Assert.Throws<DefinitionException>(() => YamlLoader.Load(new string('a', YamlLoader.MaxLength + 1), "f"));

    [Fact]
    public void Load_TooManyValues_IsRefused() =>
        Assert.Throws<DefinitionException>(() => YamlLoader.Load("[" + string.Concat(Enumerable.Repeat("1,", YamlLoader.MaxNodes + 1)) + "1]", "f"));

    [Fact]
    public void Compile_Minimal_OrdersStepsByWhatTheyReferTo()
    {
        var playbook = PlaybookCompiler.Compile(Minimal, "f.yaml");

        Assert.Equal(["one", "two"], playbook.Steps.Select(step => step.Id));
        Assert.Equal(["one"], playbook.Steps[1].Needs);
    }

    [Theory]
    [InlineData("title: Mine", "titel: Mine", 3, "titel: is not a known field")]
    [InlineData("version: 1", "version: one", 2, "must be integer")]
    [InlineData("slots.who.email", "slots.whom.email", 14, "no field 'whom'")]
    [InlineData("slots.who.email", "slots.who.mail", 14, "no field 'mail'")]
    [InlineData("steps.one.result.y", "steps.three.result.y", 18, "no field 'three'")]
    [InlineData("steps.one.result.y", "steps.two.result.y", 18, "no field 'two'")]
    [InlineData("\"${slots.who.email}\"", "\"${steps.two.result.y}\"", 11, "wait for each other")]
    [InlineData("id: two", "id: one", 15, "appears twice")]
    [InlineData("[[mine]]", "[['.. mine']]", 7, "must stand between words")]
    [InlineData("{ type: person, from: [message] }", "{ type: person, from: [message], values: { a: [b] } }", 9, "'values' belong")]
    [InlineData("{ type: person, from: [message] }", "{ type: text, from: [requester] }", 9, "'requester' is only")]
    [InlineData("call: a.c", "call: a.c\n    needs: [nowhere]", 18, "no other step 'nowhere'")]
    [InlineData("call: a.c", "call: a.c\n    when: yes", 18, "must match")]
    [InlineData("answer: Done ${steps.two.result.z}.", "answer: Done ${steps.two.result.z.", 19, "not closed")]
    [InlineData("answer: Done ${steps.two.result.z}.", "answer: Done ${foo(1)}.", 19, "no function 'foo'")]
    public void Compile_Faulty_NamesFileLineAndCause(string replace, string by, int line, string mentions)
    {
        var errors = Assert.Throws<DefinitionException>(() => PlaybookCompiler.Compile(Minimal.Replace(replace, by, StringComparison.Ordinal), "f.yaml")).Errors;

        Assert.Contains(errors, error => error.File == "f.yaml" && error.Line == line && error.Message.Contains(mentions, StringComparison.Ordinal));
    }

    [Fact]
    public void Compile_TornAndMixedFiles_ThrowNothingButTheirOwnError()
    {
        var sources = Directory.EnumerateFiles(Engines.SampleDirectory, "*.yaml").Select(File.ReadAllText).ToArray();
        var noise = Gen.Elements("", "\n", "  ", "- ", ": ", "{", "}", "[", "]", "\"", "'", "&a ", "*a", "!x ", "|", ">", "#", "%", "\t", "\0", "---\n", "null", "${", "?", "\u2028", "😀", "<<: ");
        var edits = from source in Gen.Elements(sources)
                    from at in Gen.Choose(0, source.Length)
                    from length in Gen.Choose(0, 60)
                    from insert in noise
                    select source[..at] + insert + source[Math.Min(source.Length, at + length)..];
        Prop.ForAll(edits.ToArbitrary(), text =>
        {
            foreach (var compile in new Action[] { () => PlaybookCompiler.Compile(text, "f"), () => ActionPolicy.Compile(text, "f") })
            {
                try
                {
                    compile();
                }
                catch (DefinitionException e)
                {
                    Assert.NotEmpty(e.Errors);
                }
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void Load_Folder_NamesEveryFaultOfEveryFile()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "a.yaml"), Minimal.Replace("title: Mine", "titel: Mine", StringComparison.Ordinal));
            File.WriteAllText(Path.Combine(directory.FullName, "b.yaml"), "a: [", Encoding.UTF8);

            var errors = Assert.Throws<DefinitionException>(() => PlaybookCatalog.Load(directory.FullName)).Errors;

            Assert.Equal(["a.yaml", "b.yaml"], errors.Select(error => error.File).Distinct());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
