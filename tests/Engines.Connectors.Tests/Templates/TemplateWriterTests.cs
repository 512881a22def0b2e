using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Templates;

public class TemplateWriterTests
{
    public static TheoryData<string> Ids => [.. TemplateCatalog.Ids];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Write_ShippedTemplate_ReadsBackTheSame(string id)
    {
        var template = TemplateCatalog.Find(id)!.Template;

        var read = TemplateReader.Read(TemplateWriter.Write(template), id);

        Assert.True(JsonElement.DeepEquals(JsonSerializer.SerializeToElement(template, TemplateJson.Options), JsonSerializer.SerializeToElement(read, TemplateJson.Options)));
    }

    [Fact]
    public void Write_AnyText_ReadsBackTheSame()
    {
        var template = TemplateCatalog.Find("github")!.Template;
        // Neither control characters, which texts of templates must not have, nor halves of surrogate pairs, which UTF-8 cannot write.
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), text =>
        {
            var written = "x" + string.Concat(text.Get.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(100));
            var changed = template with { RequestIdHeader = null, Headers = new Dictionary<string, string> { ["X-Text"] = written.Replace("{", "", StringComparison.Ordinal) } };
            return TemplateReader.Read(TemplateWriter.Write(changed), "any").Headers["X-Text"] == changed.Headers["X-Text"];
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    [Fact]
    public void Write_WhatIsAsByDefault_IsLeftOut() => Assert.DoesNotContain("breaker", TemplateWriter.Write(TemplateCatalog.Find("github")!.Template), StringComparison.Ordinal);
}
