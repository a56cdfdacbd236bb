// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what is found at the end of an image that could be a signature
 *
 * None of them is a good one; those are made with keys, by the tests in a guest.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/module_signature.h>
#include <linux/string.h>
#include <uapi/linux/domain_image.h>

#include "../domain.h"

#define SIG_BODY	64U	/* bytes of an "image" */
#define SIG_MARKER	DOMAIN_IMAGE_SIGNATURE_MARKER
#define SIG_MARKER_LEN	(sizeof(SIG_MARKER) - 1)

/* What an image without a signature gets depends on the command line and others */
static int signature_none(void)
{
	size_t len = 1;
	bool is_signed;

	return domain_signature_check("x", &len, &is_signed);
}

static int domain_signature_test_init(struct kunit *test)
{
	if (signature_none())
		kunit_skip(test, "this kernel takes no image without a signature");
	return 0;
}

/* Of just so many bytes, so that a read of one more is seen by KASAN */
static void *signature_copy(struct kunit *test, const void *bytes, size_t len)
{
	void *buf = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	return memcpy(buf, bytes, len);
}

/* Ends that are no marker: nothing is cut off */
static const struct signature_end {
	const char *name, *bytes;
} signature_ends[] = {
	{ "empty", "" },
	{ "one_byte", "~" },
	{ "half_marker", "~Domain sig" },
	{ "marker_without_newline", "image~Domain signature appended~" },
	{ "marker_without_start", "image-Domain signature appended~\n" },
	{ "marker_in_other_case", "image~domain signature appended~\n" },
	{ "marker_not_at_end", "image" SIG_MARKER "x" },
	{ "marker_of_modules", "image" MODULE_SIGNATURE_MARKER },
	/* nothing before it that could be signed */
	{ "marker_alone", SIG_MARKER },
};

KUNIT_ARRAY_PARAM_DESC(end, signature_ends, name);

static void domain_signature_test_end(struct kunit *test)
{
	const struct signature_end *end = test->param_value;
	size_t len = strlen(end->bytes);
	const void *buf = signature_copy(test, end->bytes, len);
	bool is_signed = true;

	KUNIT_EXPECT_EQ(test, 0, domain_signature_check(buf, &len, &is_signed));
	KUNIT_EXPECT_EQ(test, len, strlen(end->bytes));
	KUNIT_EXPECT_FALSE(test, is_signed);
}

/* What is between the image and the marker */
static const struct signature_case {
	const char *name;
	size_t body;			/* bytes in front of the signature */
	u8 sig[8];			/* the PKCS#7 message, so to say */
	size_t sig_len;
	u32 said_len;			/* what its description says that it has */
	struct module_signature ms;
	size_t ms_len;			/* 0: all of the description */
	int ret;			/* where signatures can be checked */
} signature_cases[] = {
	{ .name = "one_byte_of_description", .ms_len = 1, .ret = -EBADMSG },
	{ .name = "half_a_description", .ms_len = 6, .ret = -EBADMSG },
	{ .name = "description_alone", .ret = -EBADMSG },
	{ .name = "longer_than_file", .body = SIG_BODY, .said_len = U32_MAX,
	  .ret = -EBADMSG },
	{ .name = "longer_by_one", .body = SIG_BODY, .said_len = SIG_BODY + 1,
	  .ret = -EBADMSG },
	{ .name = "leaves_no_image", .body = SIG_BODY, .said_len = SIG_BODY,
	  .ret = -EBADMSG },
	/* the length is bad although the kind, which is looked at next, would do */
	{ .name = "longer_than_file_of_other_kind", .body = SIG_BODY,
	  .said_len = U32_MAX, .ms.id_type = 1, .ret = -EBADMSG },
	{ .name = "no_message", .body = SIG_BODY, .ret = -EBADMSG },
	{ .name = "zeros", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ret = -EBADMSG },
	{ .name = "all_but_one_byte", .body = SIG_BODY, .said_len = SIG_BODY - 1,
	  .ret = -EBADMSG },
	{ .name = "asn1_without_end", .body = SIG_BODY, .sig_len = 4, .said_len = 4,
	  .sig = { 0x30, 0x80, 0x06, 0x09 }, .ret = -EBADMSG },
	{ .name = "asn1_longer_than_message", .body = SIG_BODY, .sig_len = 6,
	  .said_len = 6, .sig = { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff },
	  .ret = -EBADMSG },
	{ .name = "algo", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ms.algo = 1, .ret = -EBADMSG },
	{ .name = "hash", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ms.hash = 1, .ret = -EBADMSG },
	{ .name = "signer", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ms.signer_len = 1, .ret = -EBADMSG },
	{ .name = "key_id", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ms.key_id_len = 1, .ret = -EBADMSG },
	{ .name = "padding", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ms.__pad = { 0, 0, 1 }, .ret = -EBADMSG },
	/* as good as none */
	{ .name = "unknown_kind", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ms.id_type = 1 },
	{ .name = "kind_of_the_future", .body = SIG_BODY, .sig_len = 8, .said_len = 8,
	  .ms.id_type = 255 },
};

KUNIT_ARRAY_PARAM_DESC(case, signature_cases, name);

static void domain_signature_test_case(struct kunit *test)
{
	const struct signature_case *c = test->param_value;
	struct module_signature ms = c->ms;
	size_t len, all, ms_len = c->ms_len ?: sizeof(ms);
	bool is_signed = true;
	u8 *buf, *p;
	int ret;

	if (!ms.id_type)
		ms.id_type = MODULE_SIGNATURE_TYPE_PKCS7;
	ms.sig_len = cpu_to_be32(c->said_len);
	len = c->body + c->sig_len + ms_len + SIG_MARKER_LEN;
	all = len;
	buf = kunit_kzalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	p = buf + c->body;
	memcpy(p, c->sig, c->sig_len);
	memcpy(p + c->sig_len, (u8 *)&ms + sizeof(ms) - ms_len, ms_len);
	memcpy(p + c->sig_len + ms_len, SIG_MARKER, SIG_MARKER_LEN);

	ret = domain_signature_check(buf, &len, &is_signed);
	/* a kernel that cannot check takes it for none */
	KUNIT_EXPECT_EQ(test, ret, IS_ENABLED(CONFIG_DOMAIN_SIG) ? c->ret : 0);
	KUNIT_EXPECT_FALSE(test, is_signed);
	/* the parser does not see the marker, nor bytes that there are not */
	KUNIT_EXPECT_LE(test, len, all - SIG_MARKER_LEN);
	if (!ret)
		KUNIT_EXPECT_GE(test, len, c->body);
}

static struct kunit_case domain_signature_cases[] = {
	KUNIT_CASE_PARAM(domain_signature_test_end, end_gen_params),
	KUNIT_CASE_PARAM(domain_signature_test_case, case_gen_params),
	{}
};

static struct kunit_suite domain_signature_suite = {
	.name = "domain_signature",
	.init = domain_signature_test_init,
	.test_cases = domain_signature_cases,
};

kunit_test_suite(domain_signature_suite);

MODULE_DESCRIPTION("KUnit tests of the signatures of domains");
MODULE_LICENSE("GPL");
